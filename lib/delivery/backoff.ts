import type { Random } from '../runtime/clock.ts';

const HOUR_MS = 3_600_000;

/** SQS takes whole seconds, at most twelve hours. */
const seconds = (ms: number) => Math.max(0, Math.ceil(ms / 1_000));

const between = (least: number, most: number, random: Random) => least + random() * (most - least);

/** Full jitter: how long messages stay away that failed `tries` times in the lane. */
export function backoffSeconds(tries: number, random: Random): number {
  return Math.round(between(1, Math.min(900, 2 * 2 ** Math.max(0, tries - 1)), random));
}

/**
 * How long a message stays away while nothing can be delivered and nobody knows until when. The longer it has waited
 * already, the longer it goes, up to 20-25 minutes: with 1,000 receives it then outlasts the retention of 14 days. It
 * reads the message's age, not a memory of the lane, for lanes are replaced at any time.
 */
export function closedSeconds(ageMs: number, random: Random): number {
  if (ageMs >= HOUR_MS) return Math.round(between(1_200, 1_500, random));
  return Math.round(between(0.8, 1, random) * Math.max(30, seconds(ageMs / 3)));
}

/** How long a message stays away when the moment is known at which delivery goes on. */
export function untilSeconds(ms: number, random: Random): number {
  return seconds(ms) + Math.round(between(0, 2, random));
}

/** The time to the next probe of a closed API: 1 s, doubling to 60 s, within a fifth. */
export function probeMs(probes: number, random: Random): number {
  return Math.min(60_000, 1_000 * 2 ** Math.min(probes, 6)) * between(0.8, 1.2, random);
}
