import type { Random } from '../runtime/random.ts';

const HOUR_MS = 3_600_000;

/** SQS takes whole seconds, at most twelve hours. */
const toSqsSeconds = (ms: number) => Math.max(0, Math.ceil(ms / 1_000));

const uniform = (min: number, max: number, random: Random) => min + random() * (max - min);

/** Full jitter: how long an operation stays away that has failed alone so many times. */
export function retryDelaySeconds(failures: number, random: Random): number {
  return Math.round(uniform(1, Math.min(900, 2 * 2 ** Math.max(0, failures - 1)), random));
}

/**
 * How long a message stays away while nothing can be delivered and the end of that is unknown. The longer it has waited
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

/** A random time between `seconds` and twice that. */
export const scatteredSeconds = (seconds: number, random: Random): number =>
  Math.ceil(uniform(1, 2, random) * seconds);

/** The longest time between two probes. */
const MAX_PROBE_DELAY_MS = 60_000;

/** The same if everything is refused: the first good event that comes is not to wait for a minute. */
const MAX_REFUSAL_PROBE_DELAY_MS = 40_000;

/** The time to the next probe of an open breaker: 1 s, doubling to 60 s, within a fifth. */
export function probeDelayMs(probes: number, random: Random, isRefusal = false): number {
  const max = isRefusal ? MAX_REFUSAL_PROBE_DELAY_MS : MAX_PROBE_DELAY_MS;
  return Math.min(max, 1_000 * 2 ** Math.min(probes, 6)) * uniform(0.8, 1.2, random);
}

/** How long nothing is sent after a 429 without a reset: 1 s, doubling to 60 s with each such 429 in a row. */
export const throttleDelayMs = (throttles: number): number =>
  Math.min(60_000, 1_000 * 2 ** Math.min(throttles, 6));

/** A failed request waits no longer than so many slots before it waits for its own. */
const MAX_RETRY_SLOTS = 8;

/** Long enough for a short disturbance to pass. */
const QUICK_RETRY_MS = 100;

/**
 * How long a failed request waits before it is sent again, or waits for its next slot. The first retries of a single
 * batch are quick, for if it is bad its neighbours should not wait; where others fail, too, they are at later slots.
 */
export function retryWaitMs(
  { failures, isQuick, isBrownout }: { failures: number; isQuick: boolean; isBrownout: boolean },
  periodMs: number,
  random: Random,
): number {
  if (isQuick) return QUICK_RETRY_MS * uniform(0.5, 1.5, random);
  const usual = isBrownout ? 6 : 3;
  const slots = Math.min(MAX_RETRY_SLOTS, 2 ** Math.max(0, failures - usual));
  return periodMs * slots * uniform(0.5, 1, random);
}

/** How long an event is kept that has failed alone so many times, where all that is kept takes `turnMs` to be tried. */
export const keptDelayMs = (tries: number, turnMs: number, random: Random): number =>
  Math.max(retryDelaySeconds(tries, random) * 1_000, turnMs * uniform(0.5, 1.5, random));
