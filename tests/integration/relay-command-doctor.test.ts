import { expect, test } from '@jest/globals';
import { json, listen } from '../../lib/local/http-server.ts';
import { runCli } from '../support/cli.ts';
import { startTestRelay } from '../support/relay.ts';
import { runRelayProgram } from '../support/relay-program.ts';
import { until } from '../support/until.ts';

const CLOSED_PORT = 'http://127.0.0.1:9';

test('relay doctor names what is wrong on this machine', async () => {
  const { code, stdout } = await runCli(['doctor'], { env: { LANES: '20', RELAY_URL: CLOSED_PORT } });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^good +Node +v\d/m);
  expect(stdout).toMatch(/^bad +settings +LANES must be a number from 2 to 10$/m);
  expect(stdout).toMatch(/^warning +relay +no relay answers at http:\/\/127.0.0.1:9: npm start runs one$/m);
});

test('relay doctor finds delivery held, though everything answers', async () => {
  const relay = await startTestRelay();
  const env = { RELAY_URL: relay.url };
  expect((await runRelayProgram(['doctor'], env)).stdout).toMatch(/good +delivery +nothing holds it$/m);
  await relay.post('/local/salesmachine/faults', { fault: 'status', status: 402, on: 'everything' });
  await relay.post('/segment', { type: 'track', event: 'Clicked', userId: '7' });
  await until('doctor finds it', async () => {
    const { stdout, code } = await runRelayProgram(['doctor'], env);
    const isFound = /^bad +delivery +held: Salesmachine's plan does not include the API \(402\)/m.test(
      stdout,
    );
    return isFound && code === 1;
  });
});

test('relay doctor tries the credential of this shell', async () => {
  const salesmachine = await listen(async () => json(401, {}));
  const env = {
    RELAY_URL: CLOSED_PORT,
    SALESMACHINE_URL: salesmachine.url,
    SALESMACHINE_API_TOKEN: 'token',
    SALESMACHINE_API_SECRET: 'secret',
  };
  const { stdout, code } = await runRelayProgram(['doctor'], env);
  await salesmachine.stop();
  expect(code).toBe(1);
  expect(stdout).toMatch(/^bad +Salesmachine +Salesmachine rejects the credential \(401\): check /m);
});

test('relay doctor does not wait for ever for what answers nothing', async () => {
  const silent = await listen(() => new Promise(() => undefined));
  const clock = { now: () => 0, sleep: () => Promise.resolve() };
  const { stdout } = await runRelayProgram(['doctor'], { RELAY_URL: silent.url }, { clock });
  await silent.stop();
  expect(stdout).toMatch(/^warning +relay +no relay answers at /m);
  expect(stdout).toMatch(/^unknown +delivery +no relay answers at /m);
});

test('relay doctor --stage without AWS credentials says so once', async () => {
  const env = { HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };
  const { code, stdout, stderr } = await runCli(['doctor', '--stage', 'prod'], { env });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^relay: AWS takes no credentials from here: .*\n$/);
});

test('relay doctor --stage says what it could not look at, and fails where that is everything', async () => {
  const { code, stdout } = await runCli(['doctor', '--stage', 'prod', '--region', 'eu-west-1', '--json'], {
    env: {
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_MAX_ATTEMPTS: '1',
      AWS_ENDPOINT_URL: CLOSED_PORT,
    },
  });
  expect(code).toBe(1);
  const findings = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(findings.map(({ name, level }) => `${name}: ${level}`)).toEqual([
    'ingest: unknown',
    'secrets: unknown',
    'queue events: unknown',
    'queue dead-letters: unknown',
    'worker: unknown',
    'Salesmachine: unknown',
    'delivery: unknown',
    'alarms: unknown',
  ]);
  expect(findings[0].text).toContain('AWS does not answer');
});
