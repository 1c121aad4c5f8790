import { describe, expect, test } from '@jest/globals';
import { attempt } from '../../../lib/delivery/attempt.ts';
import { createGate } from '../../../lib/delivery/gate.ts';
import { merge } from '../../../lib/delivery/merge.ts';
import { createPacer } from '../../../lib/delivery/pacer.ts';
import type { Work } from '../../../lib/delivery/queued-event.ts';
import { pathOf } from '../../../lib/delivery/request.ts';
import type { Answer } from '../../../lib/salesmachine/client.ts';
import { createVirtualTime } from '../../simulation/virtual-time.ts';
import {
  answered,
  fakeSalesmachine,
  identify,
  OK,
  type Request,
  SETTINGS,
  START,
  settled,
  track,
  workFor,
} from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';

type Options = {
  works?: Work[];
  untilSeconds?: number;
  patience?: number;
  ping?: (request: Request) => Answer;
};

const CANARY = 'anna@example.com';
const LOST: Answer = { kind: 'failure', sent: true, code: 'ECONNRESET' };
const REFUSED: Answer = { kind: 'failure', sent: false, code: 'ECONNREFUSED' };

const twoWorks = () => [workFor(identify('u1', { email: CANARY })), workFor(track('u2'))];

/** Sends the works as one request, which is answered as listed, with the last answer again and again. */
async function attempted(answers: Answer[], options: Options = {}) {
  const { works = twoWorks(), untilSeconds = 60, patience = 3, ping = () => OK } = options;
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
  const request = { path: pathOf(works, true), items: merge(works.flatMap(({ parts }) => parts)) };
  const terms = { until: START + untilSeconds * 1_000, admitted: true, patience, trusted: false };
  const begun = gate.admit(terms.until).then(() => attempt(request, terms, { ...ports, gate }));
  const verdict = await settled(time, begun);
  const { requests } = salesmachine;
  return {
    verdict,
    gate,
    lines: log.lines,
    tries: works.map(({ tries }) => tries),
    batches: requests.filter(({ path }) => path !== '/v1/ping'),
    pings: requests.filter(({ path }) => path === '/v1/ping'),
  };
}

const bad = (blame: object) => ({ kind: 'bad', blame: expect.objectContaining(blame) });

describe('a request', () => {
  test('is one array of operations, sent once if it is accepted', async () => {
    const { verdict, batches, tries } = await attempted([OK]);
    expect(verdict).toEqual({ kind: 'delivered' });
    expect(batches).toMatchObject([
      { path: '/v1/batch', operations: [{ contact_uid: 'u1' }, { contact_uid: 'u2' }], at: 0 },
    ]);
    expect(tries).toEqual([0, 0]);
  });

  test('of an alias is its one object', async () => {
    const works = [workFor({ type: 'alias', userId: 'new', previousId: 'old' })];
    const { batches } = await attempted([OK], { works });
    expect(batches).toMatchObject([{ path: '/v1/alias', operations: [{ previous_contact_uid: 'old' }] }]);
  });
});

describe('the moment is bad, so the same request is sent later', () => {
  test('after 429s, which are no failures', async () => {
    const throttled = answered(429, '', { 'retry-after': '10' });
    const { verdict, batches, pings, tries } = await attempted([throttled, throttled, throttled, OK]);
    expect(verdict).toEqual({ kind: 'delivered' });
    expect(batches.map(({ at }) => Math.floor(at))).toEqual([0, 10, 20, 31]);
    expect(new Set(batches.map(({ operations }) => JSON.stringify(operations))).size).toBe(1);
    expect(pings).toEqual([]);
    expect(tries).toEqual([0, 0]);
  });

  test.each([401, 403, 407, 402, 404, 405, 301, 501])('after a %i, once a ping passes', async (status) => {
    let mended = false;
    const ping = ({ at }: Request) => {
      mended = at > 30;
      return mended ? OK : answered(status);
    };
    const { verdict, batches, pings, tries } = await attempted([answered(status), OK], { ping });
    expect(verdict).toEqual({ kind: 'delivered' });
    expect(batches).toHaveLength(2);
    expect(pings.map(({ at }) => Math.floor(at)).slice(0, 4)).toEqual([1, 3, 7, 15]);
    expect(tries).toEqual([0, 0]);
  });

  test.each([401, 404])('but after a %i that stays, nobody is blamed when the time is up', async (status) => {
    const { verdict, batches, gate } = await attempted([answered(status)], { ping: () => answered(status) });
    expect(verdict).toEqual({ kind: 'stopped' });
    expect(batches).toHaveLength(1);
    expect(gate.opensIn()).toBeUndefined();
  });

  test('after a 404 that only batches get, ever more rarely though every ping passes', async () => {
    const { verdict, batches } = await attempted([answered(404)]);
    expect(verdict).toEqual({ kind: 'stopped' });
    expect(batches.length).toBeGreaterThan(3);
    expect(batches.length).toBeLessThan(8);
  });

  test.each<[string, Answer]>([
    ['500', answered(500)],
    ['refused connection', REFUSED],
    ['reset', LOST],
  ])('after a %s, which is counted for each of its messages', async (_, failure) => {
    const { verdict, batches, pings, tries } = await attempted([failure, failure, OK]);
    expect(verdict).toEqual({ kind: 'delivered' });
    expect(batches.map(({ at }) => Math.floor(at))).toEqual([0, 1, 2]);
    expect(pings).toEqual([]);
    expect(tries).toEqual([2, 2]);
  });

  test('but never after its time, and never without a slot', async () => {
    const { verdict, batches } = await attempted([answered(500)], { untilSeconds: 1.5, patience: 99 });
    expect(verdict).toEqual({ kind: 'stopped' });
    expect(batches.map(({ at }) => Math.floor(at))).toEqual([0, 1]);
  });
});

describe('an outage', () => {
  test('blames nobody: only pings go out, and then the same request', async () => {
    const isDown = (at: number) => at < 20;
    const ping = ({ at }: Request) => (isDown(at) ? REFUSED : OK);
    const { verdict, batches, pings } = await attempted([...Array<Answer>(3).fill(REFUSED), OK], { ping });
    expect(verdict).toEqual({ kind: 'delivered' });
    expect(batches).toHaveLength(4);
    expect(pings.length).toBeGreaterThan(2);
  });

  test('that lasts blames nobody when the time is up', async () => {
    const { verdict, batches } = await attempted([answered(503)], { ping: () => answered(503) });
    expect(verdict).toEqual({ kind: 'stopped' });
    expect(batches.length).toBeLessThanOrEqual(5);
  });
});

describe('the operations are bad', () => {
  test('if a 422 says so, with its words', async () => {
    const { verdict, batches, pings } = await attempted([answered(422, { error: 'params is missing' })]);
    const detail = 'Salesmachine answered 422: params is missing';
    expect(verdict).toEqual(bad({ reason: 'rejected', status: 422, detail }));
    expect([batches.length, pings.length]).toEqual([1, 0]);
  });

  test('if a 400 comes while the credential is good', async () => {
    const { verdict, batches, pings } = await attempted([answered(400)]);
    expect(verdict).toEqual(bad({ reason: 'rejected', status: 400 }));
    expect([batches.length, pings.length]).toEqual([1, 1]);
  });

  test('but not if a 400 comes while the credential is bad: then the request goes out when it is mended', async () => {
    const ping = ({ at }: Request) => (at < 30 ? answered(400) : OK);
    const { verdict, batches } = await attempted([answered(400), OK], { ping });
    expect(verdict).toEqual({ kind: 'delivered' });
    expect(batches).toHaveLength(2);
  });

  test('nor if nobody can tell whether the credential is good', async () => {
    const { verdict, batches } = await attempted([answered(400)], { ping: () => LOST });
    expect(verdict).toEqual({ kind: 'stopped' });
    expect(batches).toHaveLength(1);
  });

  test('if it fails for the third time while a ping passes', async () => {
    const { verdict, batches, pings } = await attempted([answered(500)]);
    expect(verdict).toEqual(bad({ reason: 'server_error', status: 500 }));
    expect([batches.length, pings.length]).toEqual([3, 1]);
  });

  test('or for the first time, where there is no patience left', async () => {
    const { verdict, batches } = await attempted([LOST], { patience: 1 });
    expect(verdict).toEqual(bad({ reason: 'server_error', detail: 'the request failed (ECONNRESET)' }));
    expect(batches).toHaveLength(1);
  });

  test('if they are too many bytes', async () => {
    expect((await attempted([answered(413)])).verdict).toEqual(bad({ reason: 'too_large', status: 413 }));
  });

  test.each([404, 405])(
    'if it is an alias, and the answer is %i: that is no trouble of the API',
    async (status) => {
      const works = [workFor({ type: 'alias', userId: 'new', previousId: 'old' })];
      const { verdict, gate, pings, batches } = await attempted([answered(status)], { works });
      expect(verdict).toEqual(bad({ reason: 'alias_unsupported', status }));
      expect(gate.opensIn()).toBe(0);
      expect([pings.length, batches.length]).toEqual([1, 2]);
    },
  );
});

test.each<[string, (ping: number) => Answer]>([
  ['as pings do', (ping) => (ping < 2 ? answered(404) : OK)],
  ['and a moment later pings pass', () => OK],
])(
  'an alias that is answered 404, %s, is held and delivered: it was the URL or the plan',
  async (_, answer) => {
    let pings = 0;
    const works = [workFor({ type: 'alias', userId: 'new', previousId: 'old' })];
    const { verdict, gate } = await attempted([answered(404), OK], { works, ping: () => answer(pings++) });
    expect(verdict).toEqual({ kind: 'delivered' });
    expect(gate.opensIn()).toBe(0);
  },
);

describe('the log', () => {
  const requestLines = (lines: Awaited<ReturnType<typeof attempted>>['lines']) =>
    lines.filter(({ message }) => message === 'request');

  test('has one line for each request, with what it carried and what came of it', async () => {
    const { lines } = await attempted([answered(429, '', { 'x-ratelimit-remaining': '0' }), REFUSED, OK]);
    const common = { path: '/v1/batch', operations: 2, events: 2, durationMs: 100 };
    expect(requestLines(lines)).toMatchObject([
      {
        level: 'warn',
        fields: { ...common, outcome: 'throttled', status: 429, remaining: 0, oldestAgeMs: 0 },
      },
      { level: 'warn', fields: { ...common, outcome: 'transient', failure: 'ECONNREFUSED' } },
      { level: 'info', fields: { ...common, outcome: 'delivered', status: 201 } },
    ]);
  });

  test('says of a request that was lost, and of no other, that it may be a duplicate', async () => {
    const { lines } = await attempted([LOST, answered(500), OK]);
    expect(requestLines(lines).map(({ fields }) => fields['mayBeDuplicated'])).toEqual([
      true,
      undefined,
      undefined,
    ]);
  });

  test('quotes neither the events nor what Salesmachine quotes of them', async () => {
    const refusal = answered(422, { error: `contact ${CANARY} is unknown` });
    const { lines, verdict } = await attempted([answered(500, CANARY), refusal]);
    expect(JSON.stringify([lines, verdict])).not.toMatch(/anna|example\.com/);
    expect(lines.length).toBeGreaterThan(0);
  });
});
