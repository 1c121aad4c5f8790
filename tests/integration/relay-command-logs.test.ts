import { expect, test } from '@jest/globals';
import { listen, readBody } from '../../lib/local/http-server.ts';
import { runCli } from '../support/cli.ts';
import { patientClock } from '../support/patient-clock.ts';
import { startTestRelay } from '../support/relay.ts';
import { runRelayProgram } from '../support/relay-program.ts';
import { until } from '../support/until.ts';

const uuid = (number: number) => `022bb90c-bbac-11e4-8dfc-${String(number).padStart(12, '0')}`;
const track = (messageId: string, properties = {}) => ({
  type: 'track',
  userId: `user of ${messageId}`,
  event: 'Clicked',
  messageId,
  properties,
});

const DAYS_14 = 14 * 24 * 3_600;

/** The messages of the printed lines, with what tells them apart. */
const messagesOf = (stdout: string) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .map(({ message, outcome, reason }) => [message, outcome ?? reason].filter(Boolean).join(': '));

test('the log of the local relay says what happened to an event, from the ingest to its end', async () => {
  const relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '100000' });
  relay.fakeSalesmachine?.reject('coupon');
  await relay.post('/segment', [track(uuid(1)), track(uuid(2), { coupon: 'A' }), track('anna@example.com')]);
  await relay.drained();
  const env = { RELAY_URL: relay.url };

  const one = await runCli(['logs', '--message-id', uuid(1), '--json'], { env });
  expect(one).toMatchObject({ stderr: '', code: 0 });
  expect(messagesOf(one.stdout).at(0)).toBe('events queued');
  expect(messagesOf(one.stdout).at(-1)).toBe('request completed: delivered');

  const two = await runCli(['logs', '--message-id', uuid(2), '--json'], { env });
  expect(messagesOf(two.stdout).at(-1)).toBe('dead letter written: rejected');

  const personal = await runCli(['logs', '--message-id', 'anna@example.com'], { env });
  expect(personal.stdout).toMatch(/request completed .*outcome=delivered/);
  expect(personal.stdout).not.toContain('anna');

  const none = await runCli(['logs', '--message-id', uuid(9)], { env });
  expect(none).toMatchObject({ stdout: '', code: 0 });
  expect(none.stderr).toMatch(/the log has nothing about this event/);

  const inAnHour = { ...patientClock, now: () => patientClock.now() + 3_600_000 };
  const late = await runRelayProgram(['logs', '--since', '30m'], env, { clock: inAnHour });
  expect(late).toMatchObject({ stdout: '', stderr: 'relay: nothing was logged in this time\n' });
});

test('it follows the log until Ctrl-C, and prints each line once', async () => {
  const relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '100000' });
  let seen = '';
  const followed = await runCli(['logs', '--follow', '--json'], {
    env: { RELAY_URL: relay.url },
    onStart: (child) => {
      child.stdout?.on('data', (chunk) => {
        seen += chunk;
      });
      void (async () => {
        for (const number of [1, 2]) {
          await relay.post('/segment', [track(uuid(number))]);
          await until(`event ${number} is followed`, () => seen.split('events queued').length > number);
        }
        child.kill('SIGINT');
      })();
    },
  });
  expect(followed).toMatchObject({ stderr: '', code: 130 });
  expect(messagesOf(followed.stdout).filter((message) => message === 'events queued')).toHaveLength(2);
});

test('the log of a stage is asked for with Logs Insights, from all its functions', async () => {
  const row = (time: string, message: object) => [
    { field: '@timestamp', value: `2026-01-10 ${time}` },
    { field: '@message', value: JSON.stringify(message) },
    { field: '@ptr', value: time },
  ];
  const results = [
    row('10:00:02.000', {
      level: 'WARN',
      service: 'worker',
      message: 'delivery paused',
      cause: 'outage',
      problem: 'Salesmachine answered 503: be back soon',
      probeInMs: 4_000,
      _aws: {},
    }),
    row('10:00:01.000', { level: 'INFO', service: 'ingest', message: 'events queued', accepted: 2 }),
  ];
  const queries: Record<string, unknown>[] = [];
  const logs = await listen(async (request) => {
    const body = JSON.parse(`${await readBody(request, 100_000)}`);
    const isStart = `${request.headers['x-amz-target']}`.endsWith('StartQuery');
    if (isStart) queries.push(body);
    const answer = isStart ? { queryId: 'q' } : { status: 'Complete', results };
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(answer),
    };
  });
  const env = {
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logs.url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
  };
  const startedAt = Date.now();
  const { stdout, stderr, code } = await runCli(
    ['logs', '--stage', 'prod', '--message-id', 'anna@example.com" or 1'],
    { env },
  );
  const endedAt = Date.now();
  await logs.stop();
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(stdout.split('\n')).toEqual([
    '2026-01-10 10:00:01.000  ingest  events queued  accepted=2',
    expect.stringMatching(/^2026-01-10 10:00:02.000 {2}worker {2}WARN delivery paused {2}cause=outage/),
    '',
  ]);
  expect(queries).toMatchObject([
    {
      logGroupNames: ['ingest', 'worker', 'replay'].map(
        (name) => `/aws/lambda/segment-salesmachine-relay-prod-${name}`,
      ),
      queryString: expect.stringMatching(/filter @message like "[0-9a-f]{16}" \| sort/),
    },
  ]);
  // In seconds; of one event, the 14 days for which it may have waited.
  const [{ startTime, endTime } = {}] = queries;
  expect(startTime).toBeGreaterThanOrEqual(Math.floor(startedAt / 1_000) - DAYS_14);
  expect(startTime).toBeLessThanOrEqual(Math.floor(endedAt / 1_000) - DAYS_14);
  expect(endTime).toBeGreaterThanOrEqual(Math.ceil(startedAt / 1_000));
  expect(endTime).toBeLessThanOrEqual(Math.ceil(endedAt / 1_000));
});
