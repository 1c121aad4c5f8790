import { until } from '../support/until.ts';
import { trackEvent } from '../support/webhooks.ts';
import type { BenchResult } from './bench.ts';
import { startLocalRelay } from './local-relay.ts';

const EVENTS = 100_000;
const USERS = 5_000;
const PER_WEBHOOK = 100;
/** Webhooks that are under way at the same time. */
const POSTERS = 8;
const MAX_MS = 300_000;

/** Events from the webhook to the fake Salesmachine, through the whole of the local relay; and the memory that it then has. */
export async function benchLocal(): Promise<BenchResult> {
  const relay = await startLocalRelay();
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: POSTERS }, (_, poster) => postEvery(poster, relay.post)));
  const acceptedSeconds = (performance.now() - startedAt) / 1_000;
  await until('all is delivered', async () => (await relay.count('delivered')) >= EVENTS, MAX_MS);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { peak, heap } = await relay.stop();
  return {
    rows: [
      { figure: 'local relay, arrays of 100: accepted', value: EVENTS / acceptedSeconds, unit: 'events/s' },
      { figure: 'local relay, arrays of 100: delivered', value: EVENTS / seconds, unit: 'events/s' },
      { figure: 'local relay, memory after 100,000 events: most', value: peak, unit: 'MB' },
      { figure: 'local relay, memory after 100,000 events: heap', value: heap, unit: 'MB' },
    ],
  };
}

async function postEvery(poster: number, post: (body: string) => Promise<void>): Promise<void> {
  for (let first = poster * PER_WEBHOOK; first < EVENTS; first += POSTERS * PER_WEBHOOK) {
    const numbers = Array.from({ length: PER_WEBHOOK }, (_, index) => first + index);
    await post(
      JSON.stringify(numbers.map((number) => trackEvent(number % USERS, Math.floor(number / USERS)))),
    );
  }
}
