import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connectDeploymentAws } from '../../lib/cli/deploy/deployment-aws.ts';
import { connectStageView } from '../../lib/cli/doctor/stage-view.ts';
import { openStageLog } from '../../lib/cli/logs/stage-log-source.ts';
import { connectLambda } from '../../lib/cli/stage/stage-clients.ts';
import { type LocalServer, listen, readBody } from '../../lib/local/http-server.ts';
import { isObject } from '../../lib/runtime/json.ts';

const NOW = Date.UTC(2026, 0, 10);
const context = { clock: { now: () => NOW, sleep: () => Promise.resolve() } };
const environment = { ...process.env };

/** What AWS answers, by the name of the call; an answer that is XML as text. */
let answers: Record<string, object | string>;
let calls: [name: string, input: Record<string, unknown>][];
let aws: LocalServer;

beforeEach(async () => {
  calls = [];
  aws = await listen(async (request) => {
    const body = `${await readBody(request, 100_000)}`;
    const action = new URLSearchParams(body).get('Action');
    const name = action ?? String(request.headers['x-amz-target'] ?? request.url).replace(/^.*[./]/, '');
    const input: unknown = action === null ? JSON.parse(body || '{}') : {};
    if (isObject(input)) calls.push([name, input]);
    const answer = answers[name] ?? {};
    return { status: 200, body: typeof answer === 'string' ? answer : JSON.stringify(answer) };
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
});

afterEach(async () => {
  process.env = { ...environment };
  await aws.stop();
});

const connect = () => connectStageView({ stage: 'blue', region: 'eu-west-1' }, context);

test('alarms are those of the stage, and ring while they are in alarm', async () => {
  const name = (alarm: string) => `segment-salesmachine-relay-blue-${alarm}`;
  answers = {
    DescribeAlarms: {
      MetricAlarms: [
        { AlarmName: name('events-late'), StateValue: 'ALARM', AlarmActions: ['arn:topic'] },
        { AlarmName: name('throttled'), StateValue: 'OK' },
        { AlarmName: name('queue-stuck'), StateValue: 'INSUFFICIENT_DATA' },
      ],
    },
  };
  const view = await connect();
  expect(await view.fetchAlarms()).toEqual([
    { name: 'events-late', isRinging: true, actions: ['arn:topic'] },
    { name: 'throttled', isRinging: false, actions: [] },
    { name: 'queue-stuck', isRinging: false, actions: [] },
  ]);
  expect(calls).toEqual([['DescribeAlarms', { AlarmNamePrefix: name(''), AlarmTypes: ['MetricAlarm'] }]]);
});

test.each([
  [[], undefined],
  [[{ State: 'Disabled' }], 'Disabled'],
])('of the mappings %j of the worker, the state is %s', async (EventSourceMappings, state) => {
  const worker = 'segment-salesmachine-relay-blue-worker';
  answers = { [`event-source-mappings?FunctionName=${worker}`]: { EventSourceMappings } };
  expect(await (await connect()).fetchMappingState()).toBe(state);
});

test('a stack that was only begun is none to compare a deployment with', async () => {
  answers = {
    DescribeStacks: `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
      <StackStatus>REVIEW_IN_PROGRESS</StackStatus></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  };
  const { fetchStack } = await connectDeploymentAws({ stage: 'blue', region: 'eu-west-1' });
  expect(await fetchStack()).toBeUndefined();
  expect(calls.map(([name]) => name)).toEqual(['DescribeStacks']);
});

test('without the right to the log, a stage whose metrics tell of deliveries is not held', async () => {
  answers = { GetMetricStatistics: { Datapoints: [{ Sum: 1 }] } };
  expect(await (await connect()).fetchDelivery()).toMatchObject({ state: 'closed', cause: null });
});

test('of the receivers of a topic, those count that have confirmed', async () => {
  const member = (arn: string) => `<member><SubscriptionArn>${arn}</SubscriptionArn></member>`;
  const members = ['PendingConfirmation', 'arn:one', 'arn:two'].map(member).join('');
  answers = {
    ListSubscriptionsByTopic: `<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult>
      <Subscriptions>${members}</Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`,
  };
  expect(await (await connect()).fetchReceivers('arn:topic')).toEqual({ confirmed: 2, pending: 1 });
});

test('an event is delivered once the log of the worker says so, since it was sent', async () => {
  answers = { StartQuery: { queryId: 'q' }, GetQueryResults: { status: 'Complete', results: [[]] } };
  const view = await connect();
  expect(await view.isDelivered('m1', NOW - 60_500)).toBe(true);
  expect(calls[0]).toEqual([
    'StartQuery',
    {
      logGroupNames: ['/aws/lambda/segment-salesmachine-relay-blue-worker'],
      queryString: expect.stringMatching(
        /message = "request completed" and outcome = "delivered" and @message like "m1"/,
      ),
      // In seconds, and no event of the last one is left out.
      startTime: NOW / 1_000 - 61,
      endTime: NOW / 1_000,
    },
  ]);
  answers = { ...answers, GetQueryResults: { status: 'Complete', results: [] } };
  expect(await view.isDelivered('m1', NOW - 60_500)).toBe(false);
});

test.each(['Scheduled', 'Running'])(
  'a query of the log that stays %s is given up after half a minute',
  async (status) => {
    answers = { StartQuery: { queryId: 'q' }, GetQueryResults: { status } };
    let sleptMs = 0;
    const sleep = async (ms: number) => {
      sleptMs += ms;
    };
    const clock = { now: () => NOW, sleep };
    const view = await connectStageView({ stage: 'blue', region: 'eu-west-1' }, { clock });
    await expect(view.isDelivered('m1', NOW)).rejects.toThrow(/within half a minute: try again$/);
    expect(sleptMs).toBe(30_000);
  },
);

test('who follows the log of a stage misses no line that reaches it late, and sees none twice', async () => {
  const row = (id: string) => [
    { field: '@timestamp', value: '2026-01-09 23:59:58.000' },
    { field: '@message', value: JSON.stringify({ level: 'INFO', service: 'worker', message: id }) },
    { field: '@ptr', value: id },
  ];
  const answerWith = (...ids: string[]) => {
    answers = {
      StartQuery: { queryId: 'q' },
      GetQueryResults: { status: 'Complete', results: ids.map(row) },
    };
  };
  let now = NOW;
  const clock = { ...context.clock, now: () => now };
  const log = await openStageLog('blue', 'eu-west-1', { since: NOW - 3_600_000 }, { clock });
  const readMessages = async () => (await log.read()).map(({ message }) => message);

  answerWith('second', 'first');
  expect(await readMessages()).toEqual(['first', 'second']);
  now += 5_000;
  answerWith('second', 'late', 'first');
  expect(await readMessages()).toEqual(['late']);
  log.close();
  const starts = calls.filter(([name]) => name === 'StartQuery').map(([, { startTime }]) => startTime);
  expect(starts).toEqual([NOW / 1_000 - 3_600, NOW / 1_000 - 60]);
});

test('credentials are read decrypted, and the first of each is taken', async () => {
  const parameter = (name: string) => `/segment-salesmachine-relay/blue/${name}`;
  answers = {
    GetParameters: {
      Parameters: [
        { Name: parameter('SEGMENT_SHARED_SECRETS'), Value: 'new, old' },
        { Name: parameter('INGEST_TOKENS'), Value: '' },
      ],
    },
  };
  const view = await connect();
  expect(await view.readCredentials()).toEqual({ secret: 'new', token: undefined });
  expect(calls).toEqual([
    [
      'GetParameters',
      { Names: ['SEGMENT_SHARED_SECRETS', 'INGEST_TOKENS'].map(parameter), WithDecryption: true },
    ],
  ]);
});

test('an ingest that does not answer is given up', async () => {
  const silent = await listen(() => new Promise(() => undefined));
  const view = await connect();
  expect(await view.fetchStatus(`${silent.url}/health`)).toBe('nothing within 10 s');
  await silent.stop();
});

test('AWS is given up where it does not answer', async () => {
  const silent = await listen(() => new Promise(() => undefined));
  process.env['AWS_ENDPOINT_URL'] = silent.url;
  const lambda = await connectLambda('eu-west-1', { requestTimeout: 50 });
  const { GetAccountSettingsCommand } = await import('@aws-sdk/client-lambda');
  await expect(lambda.send(new GetAccountSettingsCommand({}))).rejects.toThrow(
    expect.objectContaining({ name: 'TimeoutError' }),
  );
  lambda.destroy();
  await silent.stop();
}, 20_000);
