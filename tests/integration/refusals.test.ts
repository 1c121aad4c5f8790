import { describe, expect, test } from '@jest/globals';
import { sign } from '../../lib/segment/signature.ts';
import { SHARED_SECRET, startTestRelay, type TestRelay, TOKEN } from '../support/relay.ts';

const event = (userId: string) => JSON.stringify({ type: 'track', userId, event: 'Order Completed' });
const [first, second] = [event('7'), event('8')];
const array = `[${first},${second}]`;

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const basic = (token: string) => ({ authorization: `Basic ${Buffer.from(`${token}:`).toString('base64')}` });
const signature = (value: string) => ({ 'x-signature': value });
const signText = (text: string, secret = SHARED_SECRET) => signature(sign(text, secret));

type Case = { body?: string; headers: Record<string, string> };

/** What is sent is the first event, unless a case says otherwise. */
const accepted: Record<string, Case> = {
  'an event with its signature': { headers: signText(first) },
  'a signature in upper case': { headers: signature(sign(first, SHARED_SECRET).toUpperCase()) },
  'an array with the signature of its first element': { body: array, headers: signText(first) },
  'an array with the signature of the whole body': { body: array, headers: signText(array) },
  'an array with white space, signed over the first element': {
    body: `[ ${first} ,\n${second} ]`,
    headers: signText(first),
  },
  'the token as bearer': { headers: bearer(TOKEN) },
  'the token as user name': { headers: basic(TOKEN) },
  'signature and token': { headers: { ...signText(first), ...bearer(TOKEN) } },
};

const goodSignature = sign(first, SHARED_SECRET);

const noneValid: Record<string, Case> = {
  'no credential': { headers: {} },
  'a signature of another secret': { headers: signText(first, 'another-secret') },
  'the signature of another body': { headers: signText(second) },
  'an array with the signature of its second element': { body: array, headers: signText(second) },
  'an event with the signature of the array that it is in': { headers: signText(array) },
  'a signature that is no hex': { headers: signature('z'.repeat(40)) },
  'a signature that ends too early': { headers: signature(goodSignature.slice(0, -2)) },
  'a signature that goes on': { headers: signature(`${goodSignature}00`) },
  'a SHA-256': { headers: signature('a'.repeat(64)) },
  'an empty signature': { headers: signature('') },
  'another token as bearer': { headers: bearer('another-token') },
  'another token as user name': { headers: basic('another-token') },
  'the beginning of the token': { headers: bearer(TOKEN.slice(0, -1)) },
  'the shared secret as token': { headers: bearer(SHARED_SECRET) },
  'both wrong': { headers: { ...signText(second), ...bearer('another-token') } },
};

/** Our own sender, while its credentials are being changed: Segment must try again. */
const halfValid: Record<string, Case> = {
  'the right token beside the signature of another body': {
    headers: { ...signText(second), ...bearer(TOKEN) },
  },
  'the right token beside a signature that is no hex': {
    headers: { ...signature('no hex'), ...bearer(TOKEN) },
  },
  'the right signature beside another token': {
    headers: { ...signText(first), ...bearer('another-token') },
  },
};

const send = (relay: TestRelay, { body = first, headers }: Case) => relay.post('/segment', body, headers);

const isQueued = async (relay: TestRelay) => {
  const { accepted: taken, queued, inFlight, delivered, deadLettered } = await relay.state();
  return taken + queued + inFlight + delivered + deadLettered > 0;
};

async function expectAccepted(relay: TestRelay, request: Case): Promise<void> {
  const response = await send(relay, request);
  const count = request.body === undefined ? 1 : 2;
  expect(await response.json()).toEqual({ accepted: count, deadLettered: 0, skipped: 0 });
  expect(response.status).toBe(200);
  expect((await relay.drained()).events).toHaveLength(count);
}

/** Refused with a message for a person; and that the next one is taken shows that only this one was. */
async function expectRejected(relay: TestRelay, request: Case, status: number): Promise<void> {
  const response = await send(relay, request);
  expect(response.status).toBe(status);
  const text = await response.text();
  const { message, ...rest } = JSON.parse(text);
  expect(message).toMatch(/credential|secret|signature/i);
  expect(rest).toEqual({ code: expect.stringMatching(/^[a-z_]+$/), error: message });
  for (const secret of [SHARED_SECRET, TOKEN]) expect(text).not.toContain(secret);
  expect(await isQueued(relay)).toBe(false);
}

describe('with a shared secret and a token', () => {
  test.each(Object.entries(accepted))('%s is taken', async (_what, request) => {
    await expectAccepted(await startTestRelay(), request);
  });

  test.each(Object.entries(noneValid))(
    '%s is answered 401, and nothing is queued',
    async (_what, request) => {
      await expectRejected(await startTestRelay(), request, 401);
    },
  );

  test.each(Object.entries(halfValid))(
    '%s is answered 503, and nothing is queued',
    async (_what, request) => {
      await expectRejected(await startTestRelay(), request, 503);
    },
  );

  test('a refusal leaves the next request alone', async () => {
    const relay = await startTestRelay();
    await expectRejected(relay, { headers: signText(second) }, 401);
    await expectAccepted(relay, { headers: signText(first) });
  });
});

describe('REQUIRE_BOTH', () => {
  const env = { REQUIRE_BOTH: 'true' };

  test('signature and token are taken', async () => {
    await expectAccepted(await startTestRelay(env), { headers: { ...signText(first), ...bearer(TOKEN) } });
  });

  test.each<[string, Case]>([
    ['only the signature', { headers: signText(first) }],
    ['only the token', { headers: bearer(TOKEN) }],
    ...Object.entries(halfValid),
  ])('%s is answered 503, and nothing is queued', async (_what, request) => {
    await expectRejected(await startTestRelay(env), request, 503);
  });

  test.each(Object.entries(noneValid))(
    '%s is answered 401, and nothing is queued',
    async (_what, request) => {
      await expectRejected(await startTestRelay(env), request, 401);
    },
  );
});

describe('ON_BAD_SIGNATURE=retry', () => {
  const env = { ON_BAD_SIGNATURE: 'retry' };

  test('a signature of another secret is answered 503, so that it comes again; nothing is queued', async () => {
    await expectRejected(await startTestRelay(env), { headers: signText(first, 'another-secret') }, 503);
  });

  test.each<[string, Case]>([
    ['no signature at all', { headers: {} }],
    ['a signature that no secret can have made', { headers: signature('no hex') }],
    ['another token', { headers: bearer('another-token') }],
  ])('%s is answered 401 all the same', async (_what, request) => {
    await expectRejected(await startTestRelay(env), request, 401);
  });
});

describe('while a credential is replaced', () => {
  const env = { SEGMENT_SHARED_SECRETS: 'old-secret,new-secret', INGEST_TOKENS: 'old-token,new-token' };

  test.each<[string, Case]>([
    ['the old secret', { headers: signText(first, 'old-secret') }],
    ['the new secret', { headers: signText(first, 'new-secret') }],
    ['an array signed with the old secret', { body: array, headers: signText(first, 'old-secret') }],
    ['the old token', { headers: bearer('old-token') }],
    ['the new token', { headers: basic('new-token') }],
  ])('%s is taken', async (_what, request) => {
    await expectAccepted(await startTestRelay(env), request);
  });

  test.each<[string, Case]>([
    ['a third secret', { headers: signText(first, 'third-secret') }],
    ['both secrets as one', { headers: signText(first, env.SEGMENT_SHARED_SECRETS) }],
    ['both tokens as one', { headers: bearer(env.INGEST_TOKENS) }],
  ])('%s is answered 401, and nothing is queued', async (_what, request) => {
    await expectRejected(await startTestRelay(env), request, 401);
  });
});

describe('a kind that is not configured does not count', () => {
  test('a token beside the right signature', async () => {
    await expectAccepted(await startTestRelay({ INGEST_TOKENS: '' }), {
      headers: { ...signText(first), ...bearer('any') },
    });
  });

  test('a signature beside the right token', async () => {
    await expectAccepted(await startTestRelay({ SEGMENT_SHARED_SECRETS: '' }), {
      headers: { ...signText(second), ...bearer(TOKEN) },
    });
  });

  test('alone it is answered 401, and nothing is queued', async () => {
    await expectRejected(await startTestRelay({ INGEST_TOKENS: '' }), { headers: bearer(TOKEN) }, 401);
    await expectRejected(
      await startTestRelay({ SEGMENT_SHARED_SECRETS: '' }),
      { headers: signText(first) },
      401,
    );
  });
});
