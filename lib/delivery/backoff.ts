import type { Random } from '../runtime/random.ts';

const HOUR_MS = 3_600_000;

/** SQS takes whole seconds, at most twelve hours. */
const toSqsSeconds = (ms: number) => Math.max(0, Math.ceil(ms / 1_000));

const uniform = (min: number, max: number, random: Random) => min + random() * (max - min);

/** Full jitter: how long messages stay away that failed `tries` times in the lane. */
export function retryDelaySeconds(failures: number, random: Random): number {
  return Math.round(uniform(1, Math.min(900, 2 * 2 ** Math.max(0, failures - 1)), random));
}

/**
 * How long a message stays away while nothing can be delivered and nobody knows until when. The longer it has waited
 * already, the longer it goes, up to 20-25 minutes: with 1,000 receives it then outlasts the retention of 14 days. It
 * reads the message's age, not a memory of the lane, for lanes are replaced at any time.
 */
export function outageDelaySeconds(ageMs: number, random: Random): number {
  if (ageMs >= HOUR_MS) return Math.round(uniform(1_200, 1_500, random));
  return Math.round(uniform(0.8, 1, random) * Math.max(30, toSqsSeconds(ageMs / 3)));
}

/** How long a message stays away when the moment is known at which delivery goes on. */
export function delayUntilSeconds(ms: number, random: Random): number {
  return toSqsSeconds(ms) + Math.round(uniform(0, 2, random));
}

/** The time to the next probe of a closed API: 1 s, doubling to 60 s, within a fifth. */
export function probeDelayMs(probes: number, random: Random): number {
  return Math.min(60_000, 1_000 * 2 ** Math.min(probes, 6)) * uniform(0.8, 1.2, random);
}
