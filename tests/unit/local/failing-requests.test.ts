import { expect, test } from '@jest/globals';
import type { FailingRequests } from '../../../lib/local/api-schema.ts';
import { addRequest } from '../../../lib/local/failing-requests.ts';

const request = (at: number, outcome: string, status: number | null = 503) => ({
  at,
  outcome,
  status,
  problem: `Salesmachine answered ${status}`,
});

const add = (...requests: ReturnType<typeof request>[]) =>
  requests.reduce<FailingRequests | null>(addRequest, null);

test('failures in a row are counted, with the words of the latest', () => {
  expect(add(request(1_000, 'transient'), request(2_000, 'credential', 401))).toEqual({
    requests: 2,
    since: 1_000,
    status: 401,
    text: 'Salesmachine answered 401',
  });
});

test('a request that is accepted ends the row', () => {
  expect(add(request(1_000, 'transient'), request(2_000, 'delivered', 201))).toBeNull();
});

test.each(['rejected', 'throttled'])('what is %s neither counts nor ends the row', (outcome) => {
  const failures = [request(1_000, 'transient'), request(2_000, outcome), request(3_000, 'transient')];
  expect(add(...failures)).toMatchObject({ requests: 2, since: 1_000 });
  expect(add(request(1_000, outcome))).toBeNull();
});
