import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { startCloudFormation } from './cloudformation.ts';
import { copyService, SCHEMA_CACHE } from './package.ts';

/** The stack as it was deployed last: with REQUIRE_BOTH, and with an address for alarms. */
const deployed = {
  Resources: {
    IngestLambdaFunction: {
      Type: 'AWS::Lambda::Function',
      Properties: { Environment: { Variables: { REQUIRE_BOTH: 'true' } } },
    },
  },
  Conditions: { HasAlarmEmail: { 'Fn::Not': [{ 'Fn::Equals': ['ops@example.com', ''] }] } },
};

const calls: string[] = [];
const directory = mkdtempSync(join(tmpdir(), 'relay-deploy-'));
let cloudFormation: Awaited<ReturnType<typeof startCloudFormation>>;

beforeAll(async () => {
  cloudFormation = await startCloudFormation(
    { template: deployed, terminationProtection: true },
    ({ name }) => calls.push(name),
  );
});

afterAll(async () => {
  await cloudFormation.stop();
  rmSync(directory, { recursive: true });
});

test('npm run deploy shows what changes, and refuses to lower a protection without --yes', async () => {
  const cwd = await copyService(directory, 'prod');
  const child = spawn('npm', ['run', 'deploy', '--', '--stage', 'prod'], {
    cwd,
    env: {
      ...COMPILE_CACHE,
      ...SCHEMA_CACHE,
      PATH: process.env['PATH'],
      HOME: directory,
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_ENDPOINT_URL: cloudFormation.url,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);

  expect(code).toBe(2);
  expect(stdout).toContain(
    '~ IngestLambdaFunction.Properties.Environment.Variables.REQUIRE_BOTH: "true" → ""',
  );
  expect(stdout).toContain('This lowers a protection of the deployed stage:');
  expect(stderr).toContain(
    'deploy: nothing was deployed: the deployment would lower a protection (REQUIRE_BOTH is turned off: a signature or a token alone will do; no address receives alarms any more). Set it in stages/prod.yml, or say --yes',
  );
  expect(new Set(calls)).toEqual(new Set(['AmazonSSM.GetParameters', 'DescribeStacks', 'GetTemplate']));
});
