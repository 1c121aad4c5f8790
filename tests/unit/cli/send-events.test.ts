import { afterEach, expect, test } from '@jest/globals';
import { sendEvents } from '../../../lib/cli/send/send-events.ts';
import { json, type LocalServer, listen, readJson } from '../../../lib/local/http-server.ts';
import { InputError } from '../../../lib/runtime/errors.ts';
import { patientClock } from '../../support/patient-clock.ts';

let server: LocalServer | undefined;

afterEach(() => server?.stop());

/** Sends so many events to a relay that accepts all of them; time passes only while it waits. */
async function send(count: number, options: { batchSize: number; rate: number }) {
  const sizes: number[] = [];
  server = await listen(async (request) => {
    const body = await readJson(request, 100_000);
    const size = Array.isArray(body) ? body.length : 1;
    sizes.push(size);
    return { status: 200, body: JSON.stringify({ accepted: size, deadLettered: 0, skipped: 0 }) };
  });
  const { signal } = new AbortController();
  let now = 0;
  const clock = {
    now: () => now,
    async sleep(ms: number, given?: AbortSignal) {
      // The other waits are for answers, which come at once.
      if (given !== signal) return new Promise<void>(() => undefined);
      now += ms;
    },
  };
  async function* events() {
    for (let index = 0; index < count; index++) yield { type: 'track', userId: 'u', messageId: `m${index}` };
  }
  const summary = await sendEvents(
    events(),
    {
      ...options,
      target: { url: server.url },
      skip: 0,
      signal,
      onProgress: () => undefined,
      onRefused: () => undefined,
    },
    { clock, random: () => 0.5 },
  );
  return { summary, sizes, seconds: now / 1_000 };
}

test('events go no faster than the rate, a second', async () => {
  const { summary, sizes, seconds } = await send(250, { batchSize: 50, rate: 100 });
  expect(summary).toMatchObject({ accepted: 250, sent: 250, failed: 0 });
  expect(sizes).toEqual([50, 50, 50, 50, 50]);
  expect(seconds).toBe(2);
});

test('input that cannot be read says where to go on, counting what was left out', async () => {
  server = await listen(async () => json(200, { accepted: 2, deadLettered: 0, skipped: 0 }));
  async function* events() {
    for (const userId of ['1', '2', '3', '4', '5']) yield { type: 'track', userId };
    throw new InputError('line 6 is not JSON');
  }
  const options = {
    target: { url: server.url },
    batchSize: 2,
    rate: Number.POSITIVE_INFINITY,
    skip: 1,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onRefused: () => undefined,
  };
  await expect(sendEvents(events(), options, { clock: patientClock, random: () => 0.5 })).rejects.toThrow(
    'line 6 is not JSON; 2 events sent before it: fix or remove it, then go on with --skip 3',
  );
});

test('without a rate nothing waits', async () => {
  const { sizes, seconds } = await send(25, { batchSize: 10, rate: Number.POSITIVE_INFINITY });
  expect(sizes).toEqual([10, 10, 5]);
  expect(seconds).toBe(0);
});
