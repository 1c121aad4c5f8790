import { describe, expect, test } from '@jest/globals';
import { createLambdaContext } from '../../../lib/local/aws/lambda-context.ts';
import { withInvocation } from '../../../lib/runtime/invocation-context.ts';
import { deadLettersIn, handle, post, track } from '../../support/handle-request.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

describe('an event that SQS refuses for good', () => {
  const isFirst = (body: string) => body.includes('u1');

  test('is a dead letter, and its neighbours go on, those of the same user too', async () => {
    const again = { ...track('u1'), messageId: 'again' };
    let refusals = 1;
    const { response, sqs, log, tookMs } = await post([track('u1'), track('u2'), again], {
      resultFor: (body) =>
        body === JSON.stringify(track('u1')) && refusals-- > 0 ? 'sender_fault' : 'taken',
    });
    expect(response).toEqual({
      status: 200,
      body: { accepted: 2, deadLettered: 1, skipped: 0, deadLetteredBecause: { invalid_event: 1 } },
    });
    expect(deadLettersIn(sqs.sends)).toMatchObject([
      {
        body: JSON.stringify(track('u1')),
        attributes: { detail: 'SQS refuses the event: InvalidMessageContents' },
      },
    ]);
    expect(sqs.accepted).toContain(JSON.stringify(again));
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        message: 'dead letter written',
        fields: expect.objectContaining({ events: 1 }),
      }),
    );
    expect(tookMs).toBeLessThan(1_000);
  });

  test('is stored as base64 where SQS does not take the text in a dead letter either', async () => {
    const { response, sqs } = await post([track('u1'), track('u2')], {
      resultFor: (body) => (isFirst(body) ? 'sender_fault' : 'taken'),
    });
    expect(response.body).toMatchObject({ accepted: 1, deadLettered: 1 });
    const stored = deadLettersIn(sqs.sends).at(-1);
    expect(stored).toMatchObject({ attributes: { encoding: 'base64', reason: 'invalid_event' } });
    expect(Buffer.from(stored?.body ?? '', 'base64').toString()).toBe(JSON.stringify(track('u1')));
  });

  test('is none if SQS only throttles: it is sent again', async () => {
    let throttled = 0;
    const { response, sqs } = await post([track('u1')], {
      resultFor: () => (throttled++ < 2 ? 'throttled' : 'taken'),
    });
    expect(response.body).toEqual({ accepted: 1, deadLettered: 0, skipped: 0 });
    expect(sqs.accepted).toEqual([JSON.stringify(track('u1'))]);
  });

  test('makes the request 503 if no dead letter can be written of it', async () => {
    const { response } = await post([track('u1')], { resultFor: () => 'sender_fault' });
    expect(response.status).toBe(503);
  });
});

test('a dead letter says who sent the event: route, user agent, kind and number of the credential, request', async () => {
  const headers = {
    authorization: 'Bearer token-2',
    'user-agent': 'analytics-java/3.5',
    'x-forwarded-for': '192.0.2.7',
  };
  const request = { path: '/v1/track/', headers, body: Buffer.from('{"userId":"u1"}') };
  const run = withInvocation(() => handle(request, { env: { INGEST_TOKENS: 'token-1,token-2' } }));
  const context = createLambdaContext('ingest', 8_000, createVirtualTime());
  const { sqs } = await run(undefined, context);
  const [deadLetter] = deadLettersIn(sqs.sends);
  expect(JSON.parse(deadLetter?.attributes['failure'] ?? '')).toMatchObject({
    sender: {
      route: '/v1/track',
      userAgent: 'analytics-java/3.5',
      credential: 'token 2',
      requestId: context.awsRequestId,
    },
  });
  expect(JSON.stringify(deadLetter)).not.toMatch(/token-2|192/);
});

test('no credential reaches a queue, not even in what cannot be read', async () => {
  const event = '{"type":"track","userId":"u1","event":"E","messageId":"m1"}';
  const bodies = [
    `{"batch":[${event},{oops}],"writeKey":"the-token"}`,
    `{"batch":[${event}],"writeKey":"the-token","context":{oops}}`,
    '{"userId":"u1","event":"E","writeKey":"the-token","oops',
    `{"userId":"u1","event":"E","writeKey":"the-token","properties":${'['.repeat(100)}${']'.repeat(100)}}`,
    'writeKey=the-token&type=track',
  ];
  for (const text of bodies) {
    for (const path of ['/v1/track', '/v1/batch', '/segment']) {
      const { response, sqs } = await handle({ path, body: Buffer.from(text) });
      expect(response.status).toBe(200);
      expect(sqs.accepted.length).toBeGreaterThan(0);
      const stored = sqs.accepted.map((body) => `${body} ${Buffer.from(body, 'base64').toString('latin1')}`);
      expect(stored.join()).not.toContain('the-token');
    }
  }
});

test('what is excluded is cut out of bytes that are no UTF-8, and every other byte stays', async () => {
  const before = Buffer.concat([Buffer.of(0xff, 0xe9), Buffer.from('{"type":"track","password":"')]);
  const after = Buffer.concat([Buffer.from('","userId":"Ren'), Buffer.of(0xe9), Buffer.from('"}')]);
  const body = Buffer.concat([before, Buffer.from('hush'), after]);
  const { sqs } = await handle({ body }, { env: { EXCLUDE_ATTRIBUTES: 'password' } });
  const [deadLetter] = deadLettersIn(sqs.sends);
  const stored = Buffer.from(deadLetter?.body ?? '', 'base64');
  expect(stored.includes('hush')).toBe(false);
  expect(stored.subarray(0, 20)).toEqual(body.subarray(0, 20));
  expect(stored.subarray(-after.length + 2)).toEqual(after.subarray(2));
});

test('an element without a messageId that cannot be used is the same dead letter when Segment sends it again', async () => {
  const body = `[${JSON.stringify(track('u1'))},{oops},{"type":"tracks"},7,{oops}]`;
  const ids = async () =>
    (await post(body)).sqs.sends
      .flat()
      .filter(({ MessageAttributes }) => MessageAttributes?.['reason'])
      .map(({ MessageDeduplicationId }) => MessageDeduplicationId);
  const first = await ids();
  expect(new Set(first).size).toBe(4);
  expect(await ids()).toEqual(first);
});

test('an event that SQS refuses is the same dead letter when Segment sends it again, at another time', async () => {
  const ids = async (sentAt: string) => {
    const { sqs } = await post([{ ...track('u1'), sentAt }], {
      resultFor: (body) => (body.includes('u1') ? 'sender_fault' : 'taken'),
    });
    return sqs.sends
      .flat()
      .filter(({ MessageAttributes }) => MessageAttributes?.['reason'])
      .map(({ MessageDeduplicationId }) => MessageDeduplicationId);
  };
  const first = await ids('2026-01-02T03:04:05.678Z');
  expect(first.length).toBeGreaterThan(0);
  expect(await ids('2026-01-02T03:05:05.678Z')).toEqual(first);
});

test('a dead letter of the ingest died when its request came, untried', async () => {
  const { sqs } = await post([{ type: 'track', userId: 'u1' }]);
  const [deadLetter] = deadLettersIn(sqs.sends);
  const { acceptedAt, failure = '', replays } = deadLetter?.attributes ?? {};
  expect(JSON.parse(failure)).toMatchObject({ attempts: 0, deadAt: acceptedAt });
  expect(replays).toBe('0');
});

describe('of events that are as large as SQS holds', () => {
  /** The message: its body, and its two attributes as SQS counts them. */
  const attributeBytes = 'version'.length + '1'.length + 'acceptedAt'.length + 24 + 2 * 'String'.length;
  const eventOf = (bytes: number) => {
    const event = { ...track('u1'), context: { padding: '' } };
    const length = bytes - attributeBytes - JSON.stringify(event).length;
    return { ...event, context: { padding: 'x'.repeat(length) } };
  };

  test('one of exactly 1 MiB is queued', async () => {
    const { response } = await post([eventOf(1_048_576)]);
    expect(response.body).toMatchObject({ accepted: 1, deadLettered: 0 });
  });

  test('one of a byte more is a dead letter', async () => {
    const { response } = await post([eventOf(1_048_577)]);
    expect(response.body).toMatchObject({ accepted: 0, deadLetteredBecause: { too_large: 1 } });
  });
});
