import { readIngestSettings } from '../../lib/config/config.ts';
import { handleRequest } from '../../lib/ingest/handle-request.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { measureCpuMs } from '../support/cpu-time.ts';
import { until } from '../support/until.ts';
import { trackEvent } from '../support/webhooks.ts';
import type { BenchResult, Row } from './bench.ts';
import { startLocalRelay, TOKEN } from './local-relay.ts';
import { nullSqs } from './null-sqs.ts';
import { summarize } from './ratio.ts';

const ARRAYS = [1, 10, 100, 1_000, 4_000];
const ROUNDS = 6;
/** So that a round takes long enough: processor time is counted in steps of milliseconds. */
const EVENTS_PER_ROUND = 8_000;

const DEAD_LETTERS = 20_000;
const PER_WEBHOOK = 100;

/** What an event costs the ingest by the size of its array, and what 20,000 dead letters cost the operator. */
export async function benchScale(): Promise<BenchResult> {
  const rows: Row[] = [];
  for (const users of ['many', 'one'] as const)
    for (const size of ARRAYS) rows.push(await measureIngest(size, users));
  return { rows: [...rows, ...(await measureDeadLetters())] };
}

/** Where SQS takes everything at once. */
async function measureIngest(size: number, users: 'many' | 'one'): Promise<Row> {
  const config = readIngestSettings({ QUEUE_URL: 'q', DEAD_LETTER_QUEUE_URL: 'd', INGEST_TOKENS: TOKEN });
  const silent = () => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const events = Array.from({ length: size }, (_, index) =>
    users === 'many' ? trackEvent(index, 0) : trackEvent(0, index),
  );
  const body = Buffer.from(JSON.stringify(size === 1 ? events[0] : events));
  const request = { method: 'POST', path: '/segment', headers: { authorization: `Bearer ${TOKEN}` }, body };
  const requests = Math.ceil(EVENTS_PER_ROUND / size);
  const handle = () => handleRequest(request, { config, sqs: nullSqs, clock, random, log });
  const costs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const cpuMs = await measureCpuMs(requests, handle);
    if (round > 0) costs.push((cpuMs * 1_000) / size);
  }
  return {
    figure: `ingest, ${size} in an array, ${users === 'many' ? 'a user each' : 'one user'}`,
    ...summarize(costs, 'µs of CPU an event'),
  };
}

/** With the dead letters in the local relay. */
async function measureDeadLetters(): Promise<Row[]> {
  const relay = await startLocalRelay();
  try {
    for (let first = 0; first < DEAD_LETTERS; first += PER_WEBHOOK) {
      const events = Array.from({ length: PER_WEBHOOK }, (_, index) => toUnusable(first + index));
      await relay.post(JSON.stringify(events));
    }
    await until('all are dead letters', async () => (await relay.count('deadLettered')) === DEAD_LETTERS);
    const status = await relay.command('status', '--json');
    const list = await relay.command('dlq', 'list', '--json');
    return [
      { figure: 'relay status, 20,000 dead letters', value: status.seconds, unit: 's', goal: { atMost: 2 } },
      { figure: 'relay dlq list, 20,000 dead letters', value: list.seconds, unit: 's', goal: { atMost: 8 } },
      {
        figure: 'relay dlq list, 20,000 dead letters: most memory',
        value: list.memory.peak,
        unit: 'MB',
        goal: { atMost: 300 },
      },
    ];
  } finally {
    await relay.stop();
  }
}

/** A track event without a name. */
const toUnusable = (number: number) => ({
  type: 'track',
  messageId: `message-${number}`,
  userId: `user-${number}`,
});
