import { expect, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';

const CLOSED_PORT = 'http://127.0.0.1:9';

test('relay doctor names what is wrong on this machine', async () => {
  const { code, stdout } = await runCli(['doctor'], { env: { LANES: '20', RELAY_URL: CLOSED_PORT } });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^good +Node +v\d/m);
  expect(stdout).toMatch(/^bad +settings +LANES must be a number from 2 to 10$/m);
  expect(stdout).toMatch(/^warning +relay +no relay answers at http:\/\/127.0.0.1:9: npm start runs one$/m);
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
    'alarms: unknown',
  ]);
  expect(findings[0].text).toContain('AWS does not answer');
});
