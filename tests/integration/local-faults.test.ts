import { expect, test } from '@jest/globals';
import { startTestRelay, type TestRelay } from '../support/relay.ts';
import { until } from '../support/until.ts';

const MANY = { RATE_LIMIT_REQUESTS: '100000' };

const setFaults = (relay: TestRelay, faults: unknown) => relay.post('/local/salesmachine/faults', faults);

/** One request straight to the fake, as the relay would send it. */
async function call(
  relay: TestRelay,
  path: string,
  body: unknown = {},
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(`${relay.salesmachineUrl}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('made-up:made-up').toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
}

const contact = (params: object = {}) => [{ method: 'contact', contact_uid: '7', params }];

test.each([
  [{ fault: 'status', status: 500 }, 500],
  [{ fault: 'status', status: 401 }, 401],
  [{ fault: 'status', status: 422, message: 'No.' }, 422],
  [{ fault: 'status', status: 207 }, 207],
  [{ fault: 'firewall' }, 403],
  [{ fault: 'firewall', text: 'UNION SELECT', status: 406 }, 406],
])('with %j a batch is answered %i, until it is fixed', async (fault, status) => {
  const relay = await startTestRelay(MANY);
  const body = contact({ note: 'a <script> and a union select' });
  expect((await setFaults(relay, fault)).status).toBe(200);
  expect((await call(relay, '/v1/batch', body)).status).toBe(status);
  expect((await relay.drained()).operations).toEqual([]);

  await fetch(`${relay.url}/local/salesmachine/faults`, { method: 'DELETE' });
  expect((await call(relay, '/v1/batch', body)).status).toBe(201);
});

test('a firewall lets pass what does not contain the text', async () => {
  const relay = await startTestRelay(MANY);
  await setFaults(relay, { fault: 'firewall' });
  expect((await call(relay, '/v1/batch', contact({ note: 'harmless' }))).status).toBe(201);
});

test('an answer of 429 has the headers that the fault names, else retry-after', async () => {
  const relay = await startTestRelay(MANY);
  await setFaults(relay, { fault: 'status', status: 429 });
  expect((await call(relay, '/v1/ping')).headers.get('retry-after')).toBe('5');
  await setFaults(relay, { fault: 'status', status: 429, headers: { 'x-ratelimit-reset': '12' } });
  const { headers } = await call(relay, '/v1/ping');
  expect([headers.get('x-ratelimit-reset'), headers.get('retry-after')]).toEqual(['12', null]);
});

test('a fault of batches only leaves a ping alone', async () => {
  const relay = await startTestRelay(MANY);
  await setFaults(relay, { fault: 'status', status: 500, on: 'batch' });
  expect((await call(relay, '/v1/batch', contact())).status).toBe(500);
  expect((await call(relay, '/v1/ping')).status).toBe(201);
});

test('a share of 0 meets no request, and one of a half meets some', async () => {
  const relay = await startTestRelay(MANY);
  await setFaults(relay, { fault: 'status', status: 500, share: 0 });
  expect((await call(relay, '/v1/ping')).status).toBe(201);
  await setFaults(relay, { fault: 'status', status: 500, share: 0.5 });
  const seen = new Set<number>();
  await until('both answers were seen', async () => {
    seen.add((await call(relay, '/v1/ping')).status);
    return seen.size === 2;
  });
  expect([...seen].sort()).toEqual([201, 500]);
});

test('what is down cuts the connection; what is slow answers all the same', async () => {
  const relay = await startTestRelay(MANY);
  await setFaults(relay, { fault: 'down' });
  await expect(call(relay, '/v1/ping')).rejects.toThrow('fetch failed');
  await setFaults(relay, { fault: 'slow', seconds: 0.05 });
  expect((await call(relay, '/v1/ping')).status).toBe(201);
});

test('what hangs gives no answer', async () => {
  const relay = await startTestRelay(MANY);
  await setFaults(relay, { fault: 'hang' });
  await expect(call(relay, '/v1/ping', {}, AbortSignal.timeout(300))).rejects.toThrow(
    'aborted due to timeout',
  );
  await fetch(`${relay.url}/local/salesmachine/faults`, { method: 'DELETE' });
  expect((await call(relay, '/v1/ping')).status).toBe(201);
});

test('faults are set together: an attribute that is refused and a quota of two requests', async () => {
  const relay = await startTestRelay(MANY);
  const faults = [
    { fault: 'reject', attribute: 'plan' },
    { fault: 'quota', requests: 2, windowSeconds: 300 },
  ];
  await setFaults(relay, faults);
  expect(await (await fetch(`${relay.url}/local/salesmachine/faults`)).json()).toEqual({ faults });
  expect((await call(relay, '/v1/batch', contact({ plan: 'free' }))).status).toBe(400);
  expect((await call(relay, '/v1/ping')).status).toBe(201);
  expect((await call(relay, '/v1/ping')).status).toBe(429);

  await setFaults(relay, []);
  expect((await call(relay, '/v1/batch', contact({ plan: 'free' }))).status).toBe(201);
});

test.each([
  ['no JSON', '{', /or a list of faults\.$/],
  [
    'an unknown fault',
    { fault: 'gremlins' },
    /: fault must be \("status" \| "firewall" .*\), not "gremlins"\.$/,
  ],
  ['a fault without a name', { status: 500 }, /: fault is missing\.$/],
  ['a status without its number', { fault: 'status' }, /: status is missing\.$/],
  ['a status that is none', { fault: 'status', status: 99 }, /: status must be >=200, not 99\.$/],
  [
    'the second of a list',
    [{ fault: 'down' }, { fault: 'down', on: 'ping' }],
    /: on must be .*, not "ping"\.$/,
  ],
  ['a share over 1', { fault: 'down', share: 1.5 }, /: share must be <=1, not 1\.5\.$/],
  ['a misspelt option', { fault: 'down', chance: 0.5 }, /: this fault has no option chance\.$/],
  [
    'a header that would split the answer',
    { fault: 'status', status: 429, headers: { a: 'b\r\nc' } },
    /: headers\.a must be /,
  ],
])('%s is no fault: 400 with an example and the field, and the faults stay', async (_what, body, problem) => {
  const relay = await startTestRelay();
  await setFaults(relay, { fault: 'hang' });
  const response = await setFaults(relay, body);
  expect(response.status).toBe(400);
  const { message } = JSON.parse(await response.text());
  expect(message).toContain('{"fault":"status","status":500,');
  expect(message).toMatch(problem);
  const { faults } = JSON.parse(await (await fetch(`${relay.url}/local/salesmachine/faults`)).text());
  expect(faults).toMatchObject([{ fault: 'hang' }]);
});
