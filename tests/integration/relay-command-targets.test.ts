import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import { serializeDeadLetter } from '../../lib/dead-letters/dead-letter.ts';
import { listen, readBody, readHeaders } from '../../lib/local/http-server.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import type { JsonObject } from '../../lib/runtime/json.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { sendMessages } from '../../lib/sqs/send-messages.ts';
import { runCli } from '../support/cli.ts';
import { createDeadLetters } from '../support/dead-letter-fixtures.ts';
import { recordingLog } from '../support/log.ts';
import { startTestRelay } from '../support/relay.ts';

/**
 * AWS as far as the command sees it: an SQS that speaks the real protocol, and nothing that knows Lambda or CloudWatch.
 */
const awsAt = (endpoint: string) => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'secret',
});

async function startStage(stage: string) {
  const relay = await startTestRelay();
  const sqs = relay.queues.connect();
  const [, deadLetters] = await Promise.all(
    ['events', 'dead-letters'].map((name) =>
      sqs.send(
        new CreateQueueCommand({
          QueueName: `segment-salesmachine-relay-${stage}-${name}.fifo`,
          Attributes: {
            FifoQueue: 'true',
            DeduplicationScope: 'messageGroup',
            FifoThroughputLimit: 'perMessageGroupId',
          },
        }),
      ),
    ),
  );
  const ports = { sqs, clock: systemClock, random: systemRandom, log: recordingLog() };
  await sendMessages(
    createDeadLetters(1, 3).map(serializeDeadLetter),
    { ...ports, queueUrl: deadLetters?.QueueUrl ?? '' },
    new AbortController().signal,
  );
  return { env: awsAt(relay.queues.endpoint) };
}

describe('with --stage', () => {
  test('the queues of the stage are found by their names, and what cannot be asked is unknown', async () => {
    const { env } = await startStage('blue');
    const { stdout, stderr, code } = await runCli(['status', '--stage', 'blue', '--json'], { env });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(JSON.parse(stdout)).toEqual({
      queued: 0,
      inFlight: 0,
      mappingOn: null,
      oldestAgeSeconds: null,
      flow: null,
      deadLetters: 3,
      delivery: null,
    });
  });

  test('a dry run goes by the settings that the worker is deployed with', async () => {
    const { env } = await startStage('blue');
    const lambda = await listen(async ({ url = '' }) => {
      const isWorker = url.endsWith('/functions/segment-salesmachine-relay-blue-worker/configuration');
      const Variables = isWorker ? { RATE_LIMIT_REQUESTS: '1', RATE_LIMIT_WINDOW_SECONDS: '600' } : {};
      return { status: 200, body: JSON.stringify({ Environment: { Variables } }) };
    });
    const dryRun = ['dlq', 'replay', '--stage', 'blue', '--dry-run', '--json'];

    const told = await runCli(dryRun, { env: { ...env, AWS_ENDPOINT_URL_LAMBDA: lambda.url } });
    const untold = await runCli(dryRun, { env: { ...env, RATE_LIMIT_REQUESTS: '90' } });
    await lambda.stop();

    expect({ ...told, stdout: '' }).toEqual({ stdout: '', stderr: '', code: 0 });
    expect(JSON.parse(told.stdout)).toMatchObject({ wouldReplay: 3, seconds: 600 / 0.97 });
    expect(JSON.parse(untold.stdout)).toMatchObject({ wouldReplay: 3, seconds: 300 / 90 / 0.97 });
    expect(untold.stderr).toMatch(
      /^relay: Lambda does not tell the worker's settings \(\w+\); those of this/,
    );
    expect(untold.code).toBe(0);
  });

  test('its dead letters count as all only once SQS has had the time to ask all its servers', async () => {
    const { env } = await startStage('blue');
    const waits: unknown[] = [];
    const proxy = await listen(async (request) => {
      const { 'x-amz-target': target = '', 'content-type': type = '' } = readHeaders(request);
      const body = `${await readBody(request, 100_000)}`;
      if (target.endsWith('ReceiveMessage')) waits.push(JSON.parse(body).WaitTimeSeconds);
      const headers = { 'x-amz-target': target, 'content-type': type };
      const response = await fetch(env.AWS_ENDPOINT_URL, { method: 'POST', headers, body });
      return { status: response.status, headers: { 'content-type': type }, body: await response.text() };
    });
    const list = ['dlq', 'list', '--stage', 'blue', '--json'];
    const { stdout } = await runCli(list, { env: { ...env, AWS_ENDPOINT_URL: proxy.url } });
    await proxy.stop();
    expect(JSON.parse(stdout)).toMatchObject({ deadLetters: 3 });
    expect(waits.at(-1)).toBe(1);
  });

  test('a stage whose worker is disabled says that nothing is delivered', async () => {
    const { env } = await startStage('blue');
    const lambda = await listen(async () => ({
      status: 200,
      body: JSON.stringify({ EventSourceMappings: [{ State: 'Disabled' }] }),
    }));
    const status = await runCli(['status', '--stage', 'blue'], {
      env: { ...env, AWS_ENDPOINT_URL_LAMBDA: lambda.url },
    });
    await lambda.stop();
    expect(status).toMatchObject({ stderr: '', code: 1 });
    expect(status.stdout).toMatch(/^ {2}worker +OFF: nothing is delivered$/m);
  });

  test('the credential of a stage is read from SSM, and tried', async () => {
    const { salesmachineUrl } = await startTestRelay();
    const Variables = { SALESMACHINE_URL: salesmachineUrl, SALESMACHINE_API_TOKEN_PARAMETER: '/my/token' };
    const lambda = await listen(async () => ({
      status: 200,
      body: JSON.stringify({ Environment: { Variables } }),
    }));
    const ssm = await listen(async (request) => {
      const { Names, WithDecryption } = JSON.parse((await readBody(request, 10_000))?.toString() ?? '');
      const Parameters = Names.map((Name: string) => ({ Name, Value: 'made-up' }));
      return { status: 200, body: JSON.stringify({ Parameters: WithDecryption ? Parameters : [] }) };
    });
    const env = {
      ...awsAt('http://127.0.0.1:1'),
      AWS_MAX_ATTEMPTS: '1',
      AWS_ENDPOINT_URL_LAMBDA: lambda.url,
      AWS_ENDPOINT_URL_SSM: ssm.url,
    };
    const { stdout, stderr, code } = await runCli(['ping', '--stage', 'blue'], { env });
    await Promise.all([lambda.stop(), ssm.stop()]);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(
      /^The credential is good\.\n\d+ of 900 requests are left.*\nAsked the Salesmachine of the stage blue, with its credential\.\n$/,
    );
  });

  test('without the right to read the credential, the worker of the stage tries it', async () => {
    const ping = {
      outcome: 'credential',
      status: 401,
      failure: null,
      text: 'Salesmachine answered 401',
      limit: 900,
      remaining: 899,
      resetsInSeconds: null,
    };
    const requests: string[] = [];
    const lambda = await listen(async (request) => {
      requests.push(`${request.url} ${await readBody(request, 10_000)}`);
      const isInvocation = request.url?.endsWith('/invocations') === true;
      return isInvocation
        ? { status: 200, body: JSON.stringify(ping) }
        : { status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException' }, body: '{}' };
    });
    const env = {
      ...awsAt('http://127.0.0.1:1'),
      AWS_MAX_ATTEMPTS: '1',
      AWS_ENDPOINT_URL_LAMBDA: lambda.url,
    };
    const told = await runCli(['ping', '--stage', 'blue'], { env });
    await lambda.stop();
    expect(told).toMatchObject({ stderr: '', code: 1 });
    expect(told.stdout).toMatch(/^Salesmachine rejects the credential \(401\)\.\nTo do: check /);
    expect(requests.at(-1)).toMatch(/relay-blue-worker\/invocations \{"ping":true\}$/);

    const untold = await runCli(['ping', '--stage', 'blue'], { env });
    expect(untold).toMatchObject({ stdout: '', code: 2 });
    expect(untold.stderr).toMatch(/SSM does not give it \(\w+\), and the worker does not ping/);
  });

  test('a replay and a purge leave a line in the log of the stage: who, which, how many, why', async () => {
    const { env } = await startStage('blue');
    const lines: JsonObject[] = [];
    const logs = await listen(async (request) => {
      const { logGroupName, logEvents = [] } = JSON.parse(`${await readBody(request, 100_000)}`);
      expect(logGroupName).toBe('/aws/lambda/segment-salesmachine-relay-blue-replay');
      lines.push(...logEvents.map(({ message }: { message: string }) => JSON.parse(message)));
      return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: '{}' };
    });
    const directory = mkdtempSync(join(tmpdir(), 'relay-audit-'));
    const run = (...args: string[]) =>
      runCli(['dlq', ...args, '--stage', 'blue'], {
        env: { ...env, AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logs.url },
      });
    const purge = ['purge', '--reason', 'rejected', '--user', 'user 3', '--yes', '--why', 'a test'];
    const purged = await run(...purge, '--file', join(directory, 'purged.ndjson'));
    const replayed = await run(
      'replay',
      '--reason',
      'rejected,server_error',
      '--why',
      'the attribute is back',
    );
    await logs.stop();
    rmSync(directory, { recursive: true });

    expect(purged).toMatchObject({ stdout: '', code: 0 });
    expect(replayed).toMatchObject({ stderr: '', code: 0 });
    const operator = { user: userInfo().username, host: hostname(), accessKeyId: 'id' };
    expect(lines).toEqual([
      {
        message: 'dead letters purged by an operator',
        operator,
        filter: { reasons: ['rejected'], user: 'one user' },
        count: 1,
        failed: 0,
        why: 'a test',
      },
      {
        message: 'dead letters replayed by an operator',
        operator,
        filter: { reasons: ['rejected', 'server_error'] },
        count: 2,
        failed: 0,
        why: 'the attribute is back',
      },
    ]);

    const unlogged = await runCli(['dlq', 'replay', '--stage', 'blue'], { env });
    expect(unlogged).toMatchObject({ code: 0 });
    expect(unlogged.stderr).toMatch(/^relay: no audit line was written to the log of the stage \(\w+\)\n$/);
  });

  test('a stage that is not there, or without region or credentials, is told in one line', async () => {
    const { env } = await startStage('blue');
    const { AWS_REGION: _, ...nowhere } = env;
    const keyless = { AWS_REGION: 'eu-west-1', AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent' };
    const cases: [stage: string, env: Record<string, string>, message: RegExp][] = [
      ['green', env, /there is no queue segment-salesmachine-relay-green-\S+ in us-east-1: check --stage/],
      ['blue', nowhere, /which AWS region\?/],
      ['blue', keyless, /AWS takes no credentials from here/],
      ['a b', env, /a stage is made of/],
    ];
    for (const [stage, caseEnv, message] of cases) {
      const { stdout, stderr, code } = await runCli(['dlq', 'list', '--stage', stage], { env: caseEnv });
      expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd()).not.toContain('\n');
    }
  });
});

describe('the local relay', () => {
  test('tells its status, and whether the credential is good', async () => {
    const relay = await startTestRelay();
    const env = { RELAY_URL: relay.url };
    await relay.postSigned([
      { type: 'identify', userId: '7' },
      { type: 'track', userId: '7' },
    ]);
    const waited = await runCli(['status', '--wait', '20', '--json'], { env });
    expect(waited).toMatchObject({ stderr: '', code: 0 });
    expect(JSON.parse(waited.stdout)).toMatchObject({
      queued: 0,
      inFlight: 0,
      mappingOn: true,
      oldestAgeSeconds: null,
      flow: { period: 'since start', sent: 1, done: 1 },
      deadLetters: 1,
    });

    const ping = await runCli(['ping', '--json'], { env });
    expect(ping).toMatchObject({ stderr: '', code: 0 });
    expect(JSON.parse(ping.stdout)).toMatchObject({ good: true, status: 201, limit: 900, remaining: 898 });
  });

  test('pings with the credential of the environment where there is one', async () => {
    const { salesmachineUrl } = await startTestRelay();
    const env = {
      SALESMACHINE_URL: salesmachineUrl,
      SALESMACHINE_API_TOKEN: 'canary',
      SALESMACHINE_API_SECRET: 'canary',
    };
    const { stdout, code } = await runCli(['ping'], { env });
    expect({ stdout, code }).toEqual({
      stdout: expect.stringContaining(
        'Salesmachine rejects the credential (401): The API key is wrong or missing.\n',
      ),
      code: 1,
    });
    expect(stdout).toContain(`Asked ${salesmachineUrl} with the credential of this shell.\n`);
    expect(stdout).not.toContain('canary');
  });
});
