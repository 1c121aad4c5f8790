import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { copyService } from './package.ts';

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

const escapeXml = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const stackXml = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
  <StackName>segment-salesmachine-relay-prod</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>
  <EnableTerminationProtection>true</EnableTerminationProtection>
</member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;

const templateXml = `<GetTemplateResponse><GetTemplateResult><TemplateBody>${escapeXml(JSON.stringify(deployed))}</TemplateBody></GetTemplateResult></GetTemplateResponse>`;

let server: Server;
let url: string;
let calls: string[];
let directory: string;

beforeEach(async () => {
  calls = [];
  // CloudFormation and SSM, as far as a deployment asks them before it deploys.
  server = createServer(async (request, response) => {
    const body = await text(request);
    const call = String(request.headers['x-amz-target'] ?? new URLSearchParams(body).get('Action'));
    calls.push(call);
    const answers: Record<string, string> = { DescribeStacks: stackXml, GetTemplate: templateXml };
    response.end(answers[call] ?? JSON.stringify({ Parameters: [], InvalidParameters: [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  directory = mkdtempSync(join(tmpdir(), 'relay-deploy-'));
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});

test('npm run deploy shows what changes, and refuses to lower a protection without --yes', async () => {
  const cwd = await copyService(directory, 'prod');
  const child = spawn('npm', ['run', 'deploy', '--', '--stage', 'prod'], {
    cwd,
    env: {
      ...COMPILE_CACHE,
      PATH: process.env['PATH'],
      HOME: directory,
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_ENDPOINT_URL: url,
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
