import { describe, expect, test } from '@jest/globals';
import type { ApiResult, SalesmachinePath } from '../../../lib/salesmachine/client.ts';
import { describeUnusualSuccess, type Outcome, toOutcome } from '../../../lib/salesmachine/outcome.ts';

const answer = (status: number, body = '', headers: Record<string, string> = {}): ApiResult => ({
  kind: 'response',
  status,
  headers,
  body,
});

const byOutcome: [Outcome, number[]][] = [
  ['delivered', [200, 201, 202, 203, 204, 205, 206, 207, 226, 299]],
  ['ambiguous', [400]],
  ['credential', [401, 403, 407]],
  ['configuration', [300, 301, 302, 303, 304, 307, 308, 402, 404, 405, 406, 410, 415, 501]],
  ['too_large', [413]],
  ['rejected', [422]],
  ['conflict', [409, 411, 412, 414, 416, 417, 418, 421, 423, 424, 425, 426, 428, 431, 449, 451, 498, 499]],
  ['throttled', [429]],
  ['transient', [408, 500, 502, 503, 504, 505, 507, 511, 520, 599]],
  // Statuses that are not in the table.
  ['transient', [0, 100, 101, 600, 999]],
];

const rows = byOutcome.flatMap(([outcome, statuses]) => statuses.map((status) => [status, outcome] as const));

describe.each<SalesmachinePath>(['/v1/batch', '/v1/ping'])('the answer of %s', (path) => {
  test.each(rows)('%i means %s', (status, outcome) => {
    expect(toOutcome(path, answer(status, '{"status":"success"}'))).toBe(outcome);
  });
});

describe('the answer of /v1/alias', () => {
  const aliasRows = rows.map(
    ([status, outcome]) =>
      [status, status === 404 || status === 405 ? 'alias_unsupported' : outcome] as const,
  );

  test.each(aliasRows)('%i means %s', (status, outcome) => {
    expect(toOutcome('/v1/alias', answer(status))).toBe(outcome);
  });
});

test.each([
  ['by its content type', answer(200, 'Welcome', { 'content-type': 'Text/HTML; charset=utf-8' })],
  ['by its beginning', answer(201, '\n <!DOCTYPE html><p>Sign in')],
])('a page where an answer should be is no delivery: known %s', (_, page) => {
  for (const path of ['/v1/batch', '/v1/alias', '/v1/ping'] as const)
    expect(toOutcome(path, page)).toBe('configuration');
});

test('a page that comes with an error says no more than its status', () => {
  const headers = { 'content-type': 'text/html' };
  expect(toOutcome('/v1/batch', answer(503, '<h1>Maintenance</h1>', headers))).toBe('transient');
  expect(toOutcome('/v1/batch', answer(422, '<h1>No</h1>', headers))).toBe('rejected');
  expect(toOutcome('/v1/batch', answer(429, '<h1>Slow down</h1>', headers))).toBe('throttled');
});

test('a request without an answer may have been applied only if it was sent', () => {
  expect(toOutcome('/v1/batch', { kind: 'failure', mayHaveBeenSent: false, code: 'ENOTFOUND' })).toBe(
    'transient',
  );
  expect(toOutcome('/v1/batch', { kind: 'failure', mayHaveBeenSent: true, code: 'ECONNRESET' })).toBe(
    'possibly_applied',
  );
});

describe('a success is worth a warning', () => {
  test.each([
    ['a status that is not documented', answer(207, '{"status":"success"}')],
    ['an error in its body', answer(200, '{"error":"one item was left out"}')],
  ])('with %s', (_, result) => {
    expect(toOutcome('/v1/batch', result)).toBe('delivered');
    expect(describeUnusualSuccess(result)).toEqual(expect.any(String));
  });

  test.each(['', '{"status":"success"}', '{"error":null}', 'the "error"', '["error"]'])(
    'but not with the body %p',
    (body) => {
      expect(describeUnusualSuccess(answer(201, body))).toBeUndefined();
    },
  );
});

test.each([
  [403, 'text/html', '<h1>Blocked</h1>', 'configuration'],
  [401, 'text/html', '<h1>Sign in</h1>', 'configuration'],
  [403, 'application/json', '{"error":"no"}', 'credential'],
  [500, 'text/html', '<h1>Bad gateway</h1>', 'transient'],
  [429, 'text/html', '<h1>Slow down</h1>', 'throttled'],
] as const)('a page with %s says nothing of the credential (%s)', (status, contentType, body, outcome) => {
  const headers = { 'content-type': contentType };
  expect(toOutcome('/v1/batch', { kind: 'response', status, headers, body })).toBe(outcome);
});

const DOCUMENTED = undefined;
const NOT_DOCUMENTED = 'a success with a status that is not documented';
const WITH_ERROR = 'a success whose body has an error';

test.each<[number, string, string | undefined]>([
  [200, '{"status":"success"}', DOCUMENTED],
  [201, '', DOCUMENTED],
  [202, '{"error":null}', DOCUMENTED],
  [204, '{"message":"no \\"error\\""}', DOCUMENTED],
  [200, '["error"]', DOCUMENTED],
  [200, '"error" is no JSON', DOCUMENTED],
  [200, '"error"', DOCUMENTED],
  [200, '{"data":{"error":"inner"}}', DOCUMENTED],
  [207, '{}', NOT_DOCUMENTED],
  [203, '', NOT_DOCUMENTED],
  [200, '{"error":"unknown attribute"}', WITH_ERROR],
  [201, '{"error":false}', WITH_ERROR],
])('what is unusual about a %i with %s is: %s', (status, body, unusual) => {
  expect(describeUnusualSuccess({ kind: 'response', status, headers: {}, body })).toBe(unusual);
});

test('nothing is unusual about a success that there was none of', () => {
  const failure = { kind: 'failure', mayHaveBeenSent: true, code: 'ECONNRESET' } as const;
  expect(describeUnusualSuccess(failure)).toBeUndefined();
});
