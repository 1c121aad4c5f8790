import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { Status } from '../../../lib/cli/status/fetch-status.ts';
import { formatStatus, isFailing, isHeld } from '../../../lib/cli/status/format-status.ts';
import type { DeliveryStatus } from '../../../lib/local/api-schema.ts';
import { toTerminalText } from '../../../lib/runtime/terminal-text.ts';
import { DELIVERING } from '../../support/delivery-status.ts';

const NOW = Date.UTC(2026, 0, 10);

const delivering: DeliveryStatus = {
  ...DELIVERING,
  lastDeliveredAt: NOW - 2_000,
  lastRequestMs: 320,
  quotaRemaining: 870,
};

const held = (changes: Partial<DeliveryStatus>): DeliveryStatus => ({
  ...delivering,
  state: 'open',
  cause: 'outage',
  lanes: { held: 2, total: 2 },
  since: NOW - 200_000,
  nextTryAt: NOW + 12_000,
  lastDeliveredAt: NOW - 300_000,
  ...changes,
});

const status = (delivery: DeliveryStatus | null, changes: Partial<Status> = {}): Status => ({
  delivery,
  mappingOn: true,
  queued: 50,
  inFlight: 10,
  oldestAgeSeconds: 201,
  flow: { period: 'since start', sent: 1_060, done: 1_000 },
  deadLetters: 0,
  ...changes,
});

const format = (of: Status) =>
  formatStatus(of, 'the local relay', NOW).map((line) => toTerminalText(line, new PassThrough()));

test('a relay that delivers says so, with its last delivery and its quota', () => {
  expect(format(status(delivering))).toEqual([
    'The local relay',
    '  delivery      on',
    '  last delivery 2 s ago',
    '  quota         870 requests left',
    '  worker        on',
    '  main queue    50 waiting, 10 in flight, the oldest for 3 min 21 s',
    '  since start   1,060 events came in, 1,000 went out',
    '  dead letters  none',
  ]);
});

test('lanes that are all held hold delivery, though one of them has delivered since the other is held', () => {
  expect(isHeld(status(held({ lastDeliveredAt: NOW - 1_000 })))).toBe(true);
});

test('an empty queue has no oldest message, whatever a metric remembers', () => {
  expect(format(status(delivering, { queued: 0, inFlight: 0, oldestAgeSeconds: 201 }))).toContain(
    '  main queue    0 waiting, 0 in flight',
  );
});

test('one event, one request and one message are in the singular', () => {
  const lines = format(
    status(
      { ...delivering, quotaRemaining: 1, retrying: { messages: 1, nextAt: null } },
      { flow: { period: 'since start', sent: 1, done: 0 } },
    ),
  );
  expect(lines).toEqual(
    expect.arrayContaining([
      '  quota         1 request left',
      '  retries       1 message waits for a retry',
      '  since start   1 event came in, 0 went out',
    ]),
  );
});

test('what cannot be found out is unknown', () => {
  const unknown = status(null, { mappingOn: null, flow: null, oldestAgeSeconds: null, deadLetters: 1_200 });
  expect(format(unknown)).toEqual([
    'The local relay',
    '  delivery      unknown',
    '  worker        unknown',
    '  main queue    50 waiting, 10 in flight',
    '  last hour     unknown',
    '  dead letters  1,200: see relay dlq list',
  ]);
  expect(isHeld(unknown)).toBe(false);
});

test('a hold says since when, why, what to do, and when the next try is', () => {
  const hold = held({
    cause: 'credential',
    status: 401,
    text: 'Salesmachine answered 401: The API key is wrong.',
    retrying: { messages: 12, nextAt: NOW + 40_000 },
  });
  expect(isHeld(status(hold))).toBe(true);
  expect(format(status(hold))).toEqual(
    expect.arrayContaining([
      '  delivery      HELD for 3 min 20 s: Salesmachine rejects the credential (401): The API key is wrong.',
      '  to do         check SALESMACHINE_API_TOKEN and SALESMACHINE_API_SECRET; store both again with relay secrets put --stage STAGE, or restart the local relay with the right ones; next try in 12 s',
      '  retries       12 messages wait for a retry, the first in 40 s',
    ]),
  );
});

const refusedByFirewall = held({
  cause: 'configuration',
  status: 403,
  text: 'Salesmachine answered 403: an HTML page',
  lanes: { held: 1, total: 2 },
});

test('one event alone that is refused may be the cause itself, and another one shows it', () => {
  const [, delivery, advice] = format(status(refusedByFirewall, { queued: 0, inFlight: 1 }));
  expect(delivery).toMatch(/HELD for 3 min 20 s: an HTML page answers \(403\)/);
  expect(advice).toMatch(
    /to do +perhaps only this event is refused: send another one \(relay trigger track\); if that passes, delivery goes on, and this one is tried alone until it passes or becomes a dead letter\. Else a firewall/,
  );
  expect(format(status(refusedByFirewall))[2]).toMatch(/to do +a firewall/);
});

test('a lane that is held while another delivers does not hold delivery', () => {
  const delivered = status({ ...refusedByFirewall, lastDeliveredAt: NOW - 5_000 });
  expect(isHeld(delivered)).toBe(false);
  expect(format(delivered).slice(1, 4)).toEqual([
    '  delivery      on, 1 of 2 lanes held for 3 min 20 s: an HTML page answers (403) instead of the API',
    '  to do         nothing yet: other events pass; those of this lane are delivered later, or become dead letters; next try in 12 s',
    '  last delivery 5 s ago',
  ]);
});

describe('requests that fail before anything pauses', () => {
  const hanging = (requests: number): DeliveryStatus => ({
    ...delivering,
    failing: { requests, since: NOW - 27_000, status: null, text: 'no answer within 10 s' },
  });

  test('three in a row are named, and what to do', () => {
    expect(isFailing(status(hanging(3)))).toBe(true);
    expect(format(status(hanging(3))).slice(1, 3)).toEqual([
      '  delivery      FAILING for 27 s, the last 3 requests: a request to Salesmachine fails: no answer within 10 s',
      '  to do         Salesmachine has a problem: no event is lost, and delivery resumes by itself; if it lasts, check SALESMACHINE_URL',
    ]);
  });

  test('fewer may be chance, but are shown', () => {
    expect(isFailing(status(hanging(2)))).toBe(false);
    expect(format(status(hanging(1)))[1]).toBe(
      '  delivery      on, but the last request failed: a request to Salesmachine fails: no answer within 10 s',
    );
  });

  test('where nothing waits, or only what failed alone, nothing is wrong with the others', () => {
    const empty = status(hanging(5), { queued: 0, inFlight: 0 });
    expect(isFailing(empty)).toBe(false);
    expect(format(empty)[1]).toBe('  delivery      on');

    const alone = { ...hanging(5), retrying: { messages: 1, nextAt: null } };
    const kept = status(alone, { queued: 0, inFlight: 1 });
    expect(isFailing(kept)).toBe(false);
    expect(format(kept)[1]).toMatch(/delivery +on, but the last 5 requests failed/);
  });

  test('one event alone may be the cause', () => {
    const failing = {
      requests: 4,
      since: NOW - 27_000,
      status: 403,
      text: 'Salesmachine answered 403: an HTML page',
    };
    const alone = status({ ...delivering, failing }, { queued: 0, inFlight: 1 });
    expect(format(alone)[2]).toMatch(/to do +perhaps only this event is refused: send another/);
  });

  test('a pause says it in its own words', () => {
    const paused = status({ ...held({ status: 503 }), failing: hanging(5).failing });
    expect(isFailing(paused)).toBe(false);
    expect(format(paused)[1]).toMatch(/HELD for 3 min 20 s: Salesmachine answers 503/);
  });
});

test('a slow Salesmachine is named', () => {
  expect(format(status({ ...delivering, lastRequestMs: 3_020 }))).toContain(
    '  last delivery 2 s ago; the last request took 3.0 s',
  );
});

test('a worker that is disabled delivers nothing, whatever it did last, and can be enabled', () => {
  expect(format(status(delivering, { mappingOn: false })).slice(1, 4)).toEqual([
    '  delivery      OFF: the worker is disabled, and events wait in the queue',
    "  to do         enable the worker's event source mapping in Lambda: docs/operations.md says how",
    '  worker        OFF: nothing is delivered',
  ]);
});

test('the quota of before a 429 is not shown', () => {
  const throttled = held({ cause: 'throttled', state: 'closed', status: 429 });
  expect(format(status(throttled)).join('\n')).not.toMatch(/quota {2}/);
  expect(format(status({ ...throttled, quotaRemaining: 0 }))).toContain('  quota         0 requests left');
});

describe('a hold names its cause', () => {
  test.each<[string, Partial<DeliveryStatus>, RegExp]>([
    ['402', { cause: 'configuration', status: 402 }, /plan does not include the API \(402\)/],
    [
      '403 with a page',
      { cause: 'configuration', status: 403, text: 'Salesmachine answered 403: an HTML page' },
      /an HTML page answers \(403\)/,
    ],
    ['403 of the API', { cause: 'credential', status: 403 }, /rejects the credential \(403\)/],
    [
      '200 with a page',
      { cause: 'configuration', status: 200, text: 'Salesmachine answered 200: an HTML page' },
      /an HTML page answers \(200\)/,
    ],
    ['404', { cause: 'configuration', status: 404 }, /does not know the address \(404\)/],
    ['302', { cause: 'configuration', status: 302 }, /redirects to another address \(302\)/],
    [
      '422',
      { cause: 'configuration', status: 422, text: 'Salesmachine answered 422: plan is missing' },
      /rejects every request \(422\): plan is missing/,
    ],
    ['429', { cause: 'throttled', state: 'closed', status: 429 }, /quota of Salesmachine is used up \(429\)/],
    ['a quota without a status', { cause: 'throttled', state: 'closed' }, /quota of Salesmachine is used up/],
    [
      '500',
      { status: 500, text: 'Salesmachine answered 500' },
      /HELD for 3 min 20 s: Salesmachine answers 500$/,
    ],
    [
      'no answer',
      { text: 'no answer within 10 s' },
      /a request to Salesmachine fails: no answer within 10 s/,
    ],
    ['a refused connection', { text: 'ECONNREFUSED' }, /a request to Salesmachine fails: ECONNREFUSED/],
    [
      'SSM without an answer',
      { cause: 'credential', text: 'the credential could not be read' },
      /cannot be read from SSM/,
    ],
    ['a cause from metrics', { cause: 'credential' }, /rejects the credential$/],
    ['an outage from metrics', {}, /fails or does not answer$/],
  ])('%s', (_, changes, line) => {
    expect(isHeld(status(held(changes)))).toBe(true);
    expect(format(status(held(changes)))[1]).toMatch(line);
  });
});
