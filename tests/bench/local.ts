import { until } from '../support/until.ts';
import { trackEvent } from '../support/webhooks.ts';
import type { BenchOptions, BenchResult } from './bench.ts';
import { startLocalRelay } from './local-relay.ts';

const USERS = 5_000;
const PER_WEBHOOK = 100;
/** Webhooks that are under way at the same time. */
const POSTERS = 8;
const MAX_MS = 1_800_000;

/**
 * Events from the webhook to the fake Salesmachine, through the whole of the local relay; and the memory that it then
 * has.
 */
export async function benchLocal({ isLong }: BenchOptions): Promise<BenchResult> {
  const eventCount = isLong ? 1_000_000 : 100_000;
  const memory = `local relay, memory after ${eventCount.toLocaleString('en')} events`;
  const relay = await startLocalRelay();
  const residentAtStart = await relay.residentMb();
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: POSTERS }, (_, poster) => postEvery(poster, eventCount, relay.post)),
  );
  const acceptedSeconds = (performance.now() - startedAt) / 1_000;
  await until('all is delivered', async () => (await relay.count('delivered')) >= eventCount, MAX_MS);
  const seconds = (performance.now() - startedAt) / 1_000;
  const growth = (await relay.residentMb()) - residentAtStart;
  const { peak, heap } = await relay.stop();
  return {
    rows: [
      {
        figure: 'local relay, arrays of 100: accepted',
        value: eventCount / acceptedSeconds,
        unit: 'events/s',
      },
      { figure: 'local relay, arrays of 100: delivered', value: eventCount / seconds, unit: 'events/s' },
      { figure: `${memory}: growth`, value: growth, unit: 'MB', goal: { atMost: 200 } },
      { figure: `${memory}: most`, value: peak, unit: 'MB' },
      { figure: `${memory}: heap`, value: heap, unit: 'MB' },
    ],
  };
}

async function postEvery(
  poster: number,
  eventCount: number,
  post: (body: string) => Promise<void>,
): Promise<void> {
  for (let first = poster * PER_WEBHOOK; first < eventCount; first += POSTERS * PER_WEBHOOK) {
    const numbers = Array.from({ length: PER_WEBHOOK }, (_, index) => first + index);
    await post(
      JSON.stringify(numbers.map((number) => trackEvent(number % USERS, Math.floor(number / USERS)))),
    );
  }
}
