import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { expect, test } from '@jest/globals';
import { startTestRelay } from '../support/relay.ts';

test('what a person asks with curl ends its line', async () => {
  const relay = await startTestRelay();
  for (const path of ['/local/state', '/local/salesmachine', '/local/salesmachine/faults']) {
    const response = await fetch(`${relay.url}${path}`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.text()).toMatch(/}\n$/);
  }
});

test('a dead letter is counted, also while it is being read', async () => {
  const relay = await startTestRelay();
  await relay.post('/segment', { type: 'track', userId: 'u1' });
  const receive = new ReceiveMessageCommand({ QueueUrl: relay.queues.deadLetters.url });
  expect((await relay.queues.connect().send(receive)).Messages).toHaveLength(1);
  expect(await relay.state()).toMatchObject({ deadLettered: 1 });
});

test('what is sent through /local/send is answered as the ingest answers it, with its status', async () => {
  const relay = await startTestRelay();
  const taken = await relay.post('/local/send', '{"type":"identify","userId":"u1"}', {});
  expect([taken.status, await taken.json()]).toEqual([200, { accepted: 1, deadLettered: 0, skipped: 0 }]);
  const refused = await relay.post('/local/send', `[${Array(10_001).fill('{}').join()}]`, {});
  expect([refused.status, await refused.json()]).toMatchObject([413, { code: 'too_many_events' }]);
  const large = await relay.post('/local/send', ' '.repeat(6 * 1_048_576 + 1), {});
  expect(large.status).toBe(413);
});

test('the fake Salesmachine refuses an attribute until it is told otherwise, and nothing else', async () => {
  const relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '100000' });
  const reject = (method: string, body?: string) =>
    fetch(`${relay.url}/local/salesmachine/reject`, { method, ...(body && { body }) });

  expect((await reject('POST', '{"attribute":"plan"}')).status).toBe(200);
  const events = [
    { type: 'identify', userId: 'refused', traits: { plan: 'free' } },
    { type: 'identify', userId: 'taken', traits: { planet: 'Earth' } },
  ];
  await relay.postSigned(events);
  expect(Object.keys((await relay.drained()).contacts)).toEqual(['taken']);
  expect((await relay.state()).deadLettered).toBe(1);

  expect((await reject('DELETE')).status).toBe(200);
  await relay.postSigned({ ...events[0], traits: { plan: 'paid' } });
  expect((await relay.drained()).contacts).toEqual({ refused: { plan: 'paid' }, taken: { planet: 'Earth' } });
});

test.each([
  ['nothing', ''],
  ['an empty object', '{}'],
  ['the empty name', '{"attribute":""}'],
  ['a number', '{"attribute":1}'],
  ['a body without end', 'x'.repeat(20_000)],
])('the fake Salesmachine does not take %s for an attribute', async (_what, body) => {
  const relay = await startTestRelay();
  const response = await relay.post('/local/salesmachine/reject', body);
  expect(response.status).toBe(400);
});

test('what the relay command asks of the relay holds no secret, neither a configured one nor one that was made up', async () => {
  const configured = await startTestRelay({ SALESMACHINE_API_SECRET: 'hush' });
  const open = await startTestRelay({ SEGMENT_SHARED_SECRETS: '', INGEST_TOKENS: '' });
  for (const { url } of [configured, open]) {
    const told = await (await fetch(`${url}/local/connection`)).text();
    expect(JSON.parse(told)).toHaveProperty('queueUrl');
    expect(told).not.toMatch(/hush|a-shared-secret|a-token|made-up/);
  }
});
