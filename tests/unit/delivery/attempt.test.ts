import { describe, expect, test } from '@jest/globals';
import { attempt } from '../../../lib/delivery/attempt.ts';
import { createGate } from '../../../lib/delivery/gate.ts';
import { merge } from '../../../lib/delivery/merge.ts';
import { createPacer } from '../../../lib/delivery/pacer.ts';
import type { QueuedEvent } from '../../../lib/delivery/queued-event.ts';
import { requestPath } from '../../../lib/delivery/request.ts';
import type { ApiResult } from '../../../lib/salesmachine/client.ts';
import {
  createQueuedEvent,
  createResponse,
  fakeSalesmachine,
  identify,
  OK,
  type Request,
  runToEnd,
  SETTINGS,
  START,
  track,
} from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

type Options = {
  queuedEvents?: QueuedEvent[];
  untilSeconds?: number;
  maxTransientFailures?: number;
  ping?: (request: Request) => ApiResult;
};

const PII_MARKER = 'anna@example.com';
const LOST: ApiResult = { kind: 'failure', mayHaveBeenSent: true, code: 'ECONNRESET' };
const CONNECTION_REFUSED: ApiResult = { kind: 'failure', mayHaveBeenSent: false, code: 'ECONNREFUSED' };

const twoQueuedEvents = () => [
  createQueuedEvent(identify('u1', { email: PII_MARKER })),
  createQueuedEvent(track('u2')),
];

/** Sends the works as one request, which is answered as listed, with the last answer again and again. */
async function runAttempt(answers: ApiResult[], overrides: Options = {}) {
  const {
    queuedEvents = twoQueuedEvents(),
    untilSeconds = 60,
    maxTransientFailures = 3,
    ping = () => OK,
  } = overrides;
  const time = createVirtualTime();
  const log = recordingLog();
  let sent = 0;
  const salesmachine = fakeSalesmachine(
    time,
    (request) => (request.path === '/v1/ping' ? ping(request) : (answers[sent++] ?? answers.at(-1) ?? OK)),
    100,
  );
  const ports = { salesmachine, clock: time, random: () => 0.5, log };
  const gate = createGate(createPacer(SETTINGS.quota, time.now()), ports);
  const request = {
    path: requestPath(queuedEvents, true),
    operations: merge(queuedEvents.flatMap(({ operations }) => operations)),
  };
  const attemptOptions = {
    deadline: START + untilSeconds * 1_000,
    hasSlot: true,
    maxTransientFailures,
    credentialVerified: false,
  };
  const begun = gate
    .acquireSlot(attemptOptions.deadline)
    .then(() => attempt(request, attemptOptions, { ...ports, gate }));
  const result = await runToEnd(time, begun);
  const { requests } = salesmachine;
  return {
    result,
    gate,
    lines: log.lines,
    attempts: queuedEvents.map(({ transientFailures }) => transientFailures),
    batches: requests.filter(({ path }) => path !== '/v1/ping'),
    pings: requests.filter(({ path }) => path === '/v1/ping'),
  };
}

const rejectedWith = (rejection: object) => ({ kind: 'bad', rejection: expect.objectContaining(rejection) });

describe('a request', () => {
  test('is one array of operations, sent once if it is accepted', async () => {
    const { result, batches, attempts } = await runAttempt([OK]);
    expect(result).toEqual({ kind: 'delivered' });
    expect(batches).toMatchObject([
      { path: '/v1/batch', operations: [{ contact_uid: 'u1' }, { contact_uid: 'u2' }], at: 0 },
    ]);
    expect(attempts).toEqual([0, 0]);
  });

  test('of an alias is its one object', async () => {
    const queuedEvents = [createQueuedEvent({ type: 'alias', userId: 'new', previousId: 'old' })];
    const { batches } = await runAttempt([OK], { queuedEvents });
    expect(batches).toMatchObject([{ path: '/v1/alias', operations: [{ previous_contact_uid: 'old' }] }]);
  });
});

describe('the moment is bad, so the same request is sent later', () => {
  test('after 429s, which are no failures', async () => {
    const throttled = createResponse(429, '', { 'retry-after': '10' });
    const { result, batches, pings, attempts } = await runAttempt([throttled, throttled, throttled, OK]);
    expect(result).toEqual({ kind: 'delivered' });
    expect(batches.map(({ at }) => Math.floor(at))).toEqual([0, 10, 20, 31]);
    expect(new Set(batches.map(({ operations }) => JSON.stringify(operations))).size).toBe(1);
    expect(pings).toEqual([]);
    expect(attempts).toEqual([0, 0]);
  });

  test.each([401, 403, 407, 402, 404, 405, 301, 501])('after a %i, once a ping passes', async (status) => {
    let recovered = false;
    const ping = ({ at }: Request) => {
      recovered = at > 30;
      return recovered ? OK : createResponse(status);
    };
    const { result, batches, pings, attempts } = await runAttempt([createResponse(status), OK], { ping });
    expect(result).toEqual({ kind: 'delivered' });
    expect(batches).toHaveLength(2);
    expect(pings.map(({ at }) => Math.floor(at)).slice(0, 4)).toEqual([1, 3, 7, 15]);
    expect(attempts).toEqual([0, 0]);
  });

  test.each([401, 404])('but after a %i that stays, nobody is blamed when the time is up', async (status) => {
    const { result, batches, gate } = await runAttempt([createResponse(status)], {
      ping: () => createResponse(status),
    });
    expect(result).toEqual({ kind: 'stopped' });
    expect(batches).toHaveLength(1);
    expect(gate.resumesInMs()).toBeUndefined();
  });

  test('after a 404 that only batches get, ever more rarely though every ping passes', async () => {
    const { result, batches } = await runAttempt([createResponse(404)]);
    expect(result).toEqual({ kind: 'stopped' });
    expect(batches.length).toBeGreaterThan(3);
    expect(batches.length).toBeLessThan(8);
  });

  test.each<[string, ApiResult]>([
    ['500', createResponse(500)],
    ['refused connection', CONNECTION_REFUSED],
    ['reset', LOST],
  ])('after a %s, which is counted for each of its messages', async (_, failure) => {
    const { result, batches, pings, attempts } = await runAttempt([failure, failure, OK]);
    expect(result).toEqual({ kind: 'delivered' });
    expect(batches.map(({ at }) => Math.floor(at))).toEqual([0, 1, 2]);
    expect(pings).toEqual([]);
    expect(attempts).toEqual([2, 2]);
  });

  test('but never after its time, and never without a slot', async () => {
    const { result, batches } = await runAttempt([createResponse(500)], {
      untilSeconds: 1.5,
      maxTransientFailures: 99,
    });
    expect(result).toEqual({ kind: 'stopped' });
    expect(batches.map(({ at }) => Math.floor(at))).toEqual([0, 1]);
  });
});

describe('an outage', () => {
  test('blames nobody: only pings go out, and then the same request', async () => {
    const isDown = (at: number) => at < 20;
    const ping = ({ at }: Request) => (isDown(at) ? CONNECTION_REFUSED : OK);
    const { result, batches, pings } = await runAttempt(
      [...Array<ApiResult>(3).fill(CONNECTION_REFUSED), OK],
      { ping },
    );
    expect(result).toEqual({ kind: 'delivered' });
    expect(batches).toHaveLength(4);
    expect(pings.length).toBeGreaterThan(2);
  });

  test('that lasts blames nobody when the time is up', async () => {
    const { result, batches } = await runAttempt([createResponse(503)], { ping: () => createResponse(503) });
    expect(result).toEqual({ kind: 'stopped' });
    expect(batches.length).toBeLessThanOrEqual(5);
  });
});

describe('the operations are bad', () => {
  test('if a 422 says so, with its words', async () => {
    const { result, batches, pings } = await runAttempt([
      createResponse(422, { error: 'params is missing' }),
    ]);
    const detail = 'Salesmachine answered 422: params is missing';
    expect(result).toEqual(rejectedWith({ reason: 'rejected', status: 422, detail }));
    expect([batches.length, pings.length]).toEqual([1, 0]);
  });

  test('if a 400 comes while the credential is good', async () => {
    const { result, batches, pings } = await runAttempt([createResponse(400)]);
    expect(result).toEqual(rejectedWith({ reason: 'rejected', status: 400 }));
    expect([batches.length, pings.length]).toEqual([1, 1]);
  });

  test('but not if a 400 comes while the credential is bad: then the request goes out when it is mended', async () => {
    const ping = ({ at }: Request) => (at < 30 ? createResponse(400) : OK);
    const { result, batches } = await runAttempt([createResponse(400), OK], { ping });
    expect(result).toEqual({ kind: 'delivered' });
    expect(batches).toHaveLength(2);
  });

  test('nor if nobody can tell whether the credential is good', async () => {
    const { result, batches } = await runAttempt([createResponse(400)], { ping: () => LOST });
    expect(result).toEqual({ kind: 'stopped' });
    expect(batches).toHaveLength(1);
  });

  test('if it fails for the third time while a ping passes', async () => {
    const { result, batches, pings } = await runAttempt([createResponse(500)]);
    expect(result).toEqual(rejectedWith({ reason: 'server_error', status: 500 }));
    expect([batches.length, pings.length]).toEqual([3, 1]);
  });

  test('or for the first time, where there is no patience left', async () => {
    const { result, batches } = await runAttempt([LOST], { maxTransientFailures: 1 });
    expect(result).toEqual(
      rejectedWith({ reason: 'server_error', detail: 'the request failed (ECONNRESET)' }),
    );
    expect(batches).toHaveLength(1);
  });

  test('if they are too many bytes', async () => {
    expect((await runAttempt([createResponse(413)])).result).toEqual(
      rejectedWith({ reason: 'too_large', status: 413 }),
    );
  });

  test.each([404, 405])(
    'if it is an alias, and the answer is %i: that is no trouble of the API',
    async (status) => {
      const queuedEvents = [createQueuedEvent({ type: 'alias', userId: 'new', previousId: 'old' })];
      const { result, gate, pings, batches } = await runAttempt([createResponse(status)], { queuedEvents });
      expect(result).toEqual(rejectedWith({ reason: 'alias_unsupported', status }));
      expect(gate.resumesInMs()).toBe(0);
      expect([pings.length, batches.length]).toEqual([1, 2]);
    },
  );
});

test.each<[string, (ping: number) => ApiResult]>([
  ['as pings do', (ping) => (ping < 2 ? createResponse(404) : OK)],
  ['and a moment later pings pass', () => OK],
])(
  'an alias that is answered 404, %s, is held and delivered: it was the URL or the plan',
  async (_, answer) => {
    let pings = 0;
    const queuedEvents = [createQueuedEvent({ type: 'alias', userId: 'new', previousId: 'old' })];
    const { result, gate } = await runAttempt([createResponse(404), OK], {
      queuedEvents,
      ping: () => answer(pings++),
    });
    expect(result).toEqual({ kind: 'delivered' });
    expect(gate.resumesInMs()).toBe(0);
  },
);

describe('the log', () => {
  const requestLines = (lines: Awaited<ReturnType<typeof runAttempt>>['lines']) =>
    lines.filter(({ message }) => message === 'request completed');

  test('has one line for each request, with what it carried and what came of it', async () => {
    const { lines } = await runAttempt([
      createResponse(429, '', { 'x-ratelimit-remaining': '0' }),
      CONNECTION_REFUSED,
      OK,
    ]);
    const common = { path: '/v1/batch', operations: 2, events: 2, durationMs: 100 };
    expect(requestLines(lines)).toMatchObject([
      {
        level: 'warn',
        fields: { ...common, outcome: 'throttled', status: 429, remaining: 0, oldestAgeMs: 0 },
      },
      { level: 'warn', fields: { ...common, outcome: 'transient', error: 'ECONNREFUSED' } },
      { level: 'info', fields: { ...common, outcome: 'delivered', status: 201 } },
    ]);
  });

  test('says of a request that was lost, and of no other, that it may be a duplicate', async () => {
    const { lines } = await runAttempt([LOST, createResponse(500), OK]);
    expect(requestLines(lines).map(({ fields }) => fields['mayBeDuplicated'])).toEqual([
      true,
      undefined,
      undefined,
    ]);
  });

  test('quotes neither the events nor what Salesmachine quotes of them', async () => {
    const refusal = createResponse(422, { error: `contact ${PII_MARKER} is unknown` });
    const { lines, result } = await runAttempt([createResponse(500, PII_MARKER), refusal]);
    expect(JSON.stringify([lines, result])).not.toMatch(/anna|example\.com/);
    expect(lines.length).toBeGreaterThan(0);
  });
});
