import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { type AwsCall, startCloudFormation } from './cloudformation.ts';

const command = resolve(import.meta.dirname, '../../lib/cli/deploy/deploy.ts');
const template = { Resources: {} };
const WebhookUrl = 'https://example.com/segment';

/** As npm and osls: writes down how it is called, and makes a package. */
const tool = `#!/bin/sh
echo "$(basename "$0") $*\${AWS_PROFILE:+ as $AWS_PROFILE}\${LANES+ with LANES $LANES}" >> calls
case "$*" in
  package*) mkdir .serverless && echo '${JSON.stringify(template)}' > .serverless/cloudformation-template-update-stack.json ;;
  *"$FAILING"*) exit 1 ;;
esac
`;

const describeCall = ({ name, parameters }: AwsCall) =>
  [name, parameters.get('TemplateStage'), parameters.get('EnableTerminationProtection')]
    .filter(Boolean)
    .join(' ');

type Situation = {
  args?: string[];
  lanes?: string;
  failing?: string;
  status?: string;
  terminationProtection?: boolean;
};

/** Runs `npm run deploy` with an AWS and with tools that only write down how they are called. */
async function deploy({ args = [], lanes = '', failing = 'nothing', ...stack }: Situation) {
  const directory = mkdtempSync(join(tmpdir(), 'relay-deploy-'));
  const write = (path: string, content: string, mode = 0o600) =>
    writeFileSync(join(directory, path), content, { mode });
  for (const path of ['bin', 'stages', '.aws']) mkdirSync(join(directory, path));
  for (const name of ['npm', 'osls']) write(`bin/${name}`, tool, 0o700);
  write('calls', '');
  write('stages/example.yml', 'deployment:');
  write('stages/prod.yml', 'deployment: { region: eu-west-1, terminationProtection: true }');
  write('.aws/credentials', '[growth]\naws_access_key_id = GROWTH\naws_secret_access_key = none\n');

  const scopes = new Set<string>();
  const aws = await startCloudFormation({ template, outputs: { WebhookUrl }, ...stack }, (call) => {
    appendFileSync(join(directory, 'calls'), `${describeCall(call)}\n`);
    scopes.add(call.credential.replace(/\/\d{8}\/|\/\w+\/aws4_request/g, ' ').trim());
  });
  const child = spawn(
    process.execPath,
    [command, 'deploy', '--stage', 'prod', '--aws-profile', 'growth', ...args],
    {
      cwd: directory,
      env: {
        ...COMPILE_CACHE,
        PATH: `${join(directory, 'bin')}:${process.env['PATH']}`,
        HOME: directory,
        AWS_ENDPOINT_URL: aws.url,
        FAILING: failing,
        LANES: lanes,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const exit = new Promise<number | null>((done) => child.once('close', done));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  await aws.stop();
  const calls = readFileSync(join(directory, 'calls'), 'utf8').split('\n').filter(Boolean);
  rmSync(directory, { recursive: true });
  return { stdout, stderr, code, calls, scopes: [...scopes] };
}

const options = '--stage prod --region eu-west-1 --param apiRate=100 --aws-profile growth as growth';
const packaging = ['npm run --silent build as growth', `osls package ${options}`];
const deployment = `osls deploy --package .serverless ${options}`;
const doctor = 'npm run --silent relay -- doctor --stage prod --region eu-west-1 as growth';
const args = ['--param', 'apiRate=100'];

test('a stage is built, compared, deployed as it was packaged, protected, and examined by the doctor', async () => {
  const { stdout, code, calls, scopes } = await deploy({ args });
  expect(calls).toEqual([
    'AmazonSSM.GetParameters',
    'DescribeStacks',
    'GetTemplate Original',
    ...packaging,
    deployment,
    'UpdateTerminationProtection true',
    'DescribeStacks',
    doctor,
  ]);
  expect(stdout).toContain(`WebhookUrl: ${WebhookUrl}`);
  expect({ code, scopes }).toEqual({ code: 0, scopes: ['GROWTH eu-west-1'] });
});

test('a stack that was only begun is new: it has no template to compare with', async () => {
  const { stdout, calls } = await deploy({ args, status: 'REVIEW_IN_PROGRESS' });
  expect(stdout).toContain('The stage prod is new in eu-west-1.');
  expect(calls).not.toContain('GetTemplate Original');
  expect(calls).toContain(deployment);
});

test('a stack that is protected already is left so', async () => {
  const { calls } = await deploy({ args, terminationProtection: true });
  expect(calls.filter((call) => call.startsWith('UpdateTerminationProtection'))).toEqual([]);
  expect(calls).toContain(deployment);
});

test.each([
  ['', ''],
  [' ', ''],
  ['3', ' with LANES 3'],
])('with LANES "%s" in the environment, osls is started%s', async (lanes, suffix) => {
  const { calls } = await deploy({ args, lanes });
  expect(calls).toContain(`${deployment}${suffix}`);
});

test('where the doctor finds something, the stage is deployed all the same, and the exit code is 1', async () => {
  const { stdout, code, calls } = await deploy({ args, failing: 'doctor' });
  expect(calls.at(-1)).toBe(doctor);
  expect(stdout).toContain('The stage prod is deployed, but not all is well: see above.');
  expect(code).toBe(1);
});

test('a stage that has no file is not deployed: its name may be misspelt', async () => {
  const { stderr, code, calls } = await deploy({ args: ['--stage', 'production'] });
  expect({ code, calls }).toEqual({ code: 2, calls: [] });
  expect(stderr).toContain(
    'there is no stages/production.yml: check --stage (there is prod), or write the file first: the line "deployment:" suffices',
  );
});

test('where osls fails, nothing comes after it, and the exit code is 2', async () => {
  const { stderr, code, calls } = await deploy({ args, failing: 'deploy --package' });
  expect(calls.at(-1)).toBe(deployment);
  expect(stderr).toMatch(/^deploy: osls deploy .* failed: see above\n$/);
  expect(code).toBe(2);
});
