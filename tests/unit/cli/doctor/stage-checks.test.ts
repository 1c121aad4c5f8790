import { describe, expect, test } from '@jest/globals';
import { createStageChecks, type StageView } from '../../../../lib/cli/doctor/stage-checks.ts';
import type { DeliveryStatus } from '../../../../lib/local/api-schema.ts';

const queue = {
  FifoQueue: 'true',
  MessageRetentionPeriod: '1209600',
  MaximumMessageSize: '1048576',
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId',
  VisibilityTimeout: '540',
  SqsManagedSseEnabled: 'true',
  RedrivePolicy:
    '{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:1:x-dead-letters.fifo","maxReceiveCount":1000}',
};
const ping = {
  outcome: 'delivered',
  status: 200,
  failure: null,
  text: null,
  isPage: false,
  limit: 900,
  remaining: 899,
  resetsInSeconds: 300,
};
const delivering: DeliveryStatus = {
  state: 'closed',
  cause: null,
  status: null,
  text: null,
  lanes: null,
  since: null,
  nextTryAt: null,
  lastDeliveredAt: null,
  lastRequestMs: null,
  quotaRemaining: null,
  retrying: null,
  failing: null,
};
const alarm = { name: 'events-late', isRinging: false, actions: ['arn:topic'] };

const healthy: StageView = {
  fetchOutputs: async () => ({ WebhookUrl: 'https://relay.example.com/segment' }),
  fetchStatus: async () => 200,
  findMissingSecrets: async () => ['INGEST_TOKENS'],
  fetchIngestSettings: async () => ({}),
  fetchQueueAttributes: async () => queue,
  fetchMappingState: async () => 'Enabled',
  fetchAlarms: async () => [alarm],
  fetchReceivers: async () => ({ confirmed: 1, pending: 0 }),
  ping: async () => ping,
  fetchDelivery: async () => delivering,
  readCredentials: async () => ({ secret: undefined, token: undefined }),
  isDelivered: async () => true,
};

/** What the checks find that is not good, by name. */
async function findProblems(view: Partial<StageView>) {
  const checks = createStageChecks({ ...healthy, ...view }, { stage: 'prod', region: 'eu-west-1' });
  const findings = await Promise.all(checks.map(async ({ name, run }) => ({ name, ...(await run()) })));
  return findings
    .filter(({ level }) => level !== 'good')
    .map(({ name, level, text }) => `${level} ${name}: ${text}`);
}

test('a healthy stage has no problem', async () => {
  expect(await findProblems({})).toEqual([]);
});

describe('one thing that is wrong is one problem, which says what to do', () => {
  const withAttribute = (name: string, value: string) => ({
    fetchQueueAttributes: async (each: string) => (each === 'events' ? { ...queue, [name]: value } : queue),
  });

  test.each<[string, Partial<StageView>, RegExp]>([
    [
      'a hold, though a ping passes',
      { fetchDelivery: async () => ({ ...delivering, state: 'open', cause: 'configuration', status: 404 }) },
      /^bad delivery: held: Salesmachine does not know the address \(404\): check SALESMACHINE_URL/,
    ],
    [
      'no stack',
      { fetchOutputs: async () => undefined },
      /^bad ingest: there is no stack in eu-west-1: npm run deploy/,
    ],
    [
      'an ingest that fails',
      { fetchStatus: async () => 503 },
      /^bad ingest: https:\/\/relay.example.com\/health answers 503/,
    ],
    ['an ingest out of reach', { fetchStatus: async () => 'ENOTFOUND' }, /^bad ingest: .* answers ENOTFOUND/],
    [
      'a secret',
      { findMissingSecrets: async () => ['SALESMACHINE_API_TOKEN'] },
      /^bad secrets: SSM has no SALESMACHINE_API_TOKEN: .*secrets put/,
    ],
    [
      'one of both',
      { fetchIngestSettings: async () => ({ REQUIRE_BOTH: 'true' }) },
      /^bad secrets: SSM has no INGEST_TOKENS/,
    ],
    [
      'an open ingest',
      { fetchIngestSettings: async () => ({ INGEST_OPEN: 'true' }) },
      /^warning secrets: INGEST_OPEN/,
    ],
    [
      'short retention',
      withAttribute('MessageRetentionPeriod', '345600'),
      /^bad queue events: MessageRetentionPeriod is 345600/,
    ],
    [
      'short visibility',
      withAttribute('VisibilityTimeout', '30'),
      /^bad queue events: VisibilityTimeout is 30 s/,
    ],
    [
      'few receives',
      withAttribute('RedrivePolicy', queue.RedrivePolicy.replace('1000', '10')),
      /^bad queue events: RedrivePolicy/,
    ],
    [
      'no encryption',
      withAttribute('SqsManagedSseEnabled', 'false'),
      /^bad queue events: it is not encrypted/,
    ],
    [
      'a disabled worker',
      { fetchMappingState: async () => 'Disabled' },
      /^bad worker: its event source mapping is Disabled: nothing is delivered/,
    ],
    [
      'a bad credential',
      { ping: async () => ({ ...ping, outcome: 'credential', status: 401 }) },
      /^bad Salesmachine: Salesmachine rejects the credential \(401\): check/,
    ],
    [
      'an alarm',
      { fetchAlarms: async () => [{ ...alarm, isRinging: true }] },
      /^bad alarms: in alarm now: events-late/,
    ],
    ['no alarms', { fetchAlarms: async () => [] }, /^bad alarms: there are none/],
    [
      'no receiver',
      { fetchAlarms: async () => [{ ...alarm, actions: [] }] },
      /^warning alarms: they notify no one/,
    ],
    [
      'an unconfirmed address',
      { fetchReceivers: async () => ({ confirmed: 1, pending: 1 }) },
      /^bad alarms: an address has not confirmed/,
    ],
    [
      'an empty topic',
      { fetchReceivers: async () => ({ confirmed: 0, pending: 0 }) },
      /^warning alarms: their topic has no subscription/,
    ],
  ])('%s', async (_, view, problem) => {
    expect(await findProblems(view)).toEqual([expect.stringMatching(problem)]);
  });

  test('a key of the operator is encryption, too', async () => {
    const attributes = { ...queue, SqsManagedSseEnabled: 'false', KmsMasterKeyId: 'arn:key' };
    expect(await findProblems({ fetchQueueAttributes: async () => attributes })).toEqual([]);
  });
});
