import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { json, listen, type Reply } from '../../lib/local/http-server.ts';
import { COMPILE_CACHE } from '../support/compile-cache.ts';

const main = fileURLToPath(new URL('../../lib/cli/deploy/deploy.ts', import.meta.url));

const deniedBySsm = json(400, {
  __type: 'AccessDeniedException',
  message: 'not authorized to perform: ssm:GetParameters',
});

const deniedByCloudFormation: Reply = {
  status: 403,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
    <Message>not authorized to perform: cloudformation:DescribeStacks</Message></Error></ErrorResponse>`,
};

const secretsAreStored = json(200, { Parameters: [], InvalidParameters: [] });

test.each([
  ['ssm:GetParameters', deniedBySsm],
  ['cloudformation:DescribeStacks', secretsAreStored],
])(
  'npm run deploy without the right to %s says so in one line, and packages nothing',
  async (action, ssm) => {
    const aws = await listen(async ({ headers }) =>
      headers['x-amz-target'] === 'AmazonSSM.GetParameters' ? ssm : deniedByCloudFormation,
    );
    const directory = mkdtempSync(join(tmpdir(), 'relay-deploy-'));
    mkdirSync(join(directory, 'stages'));
    writeFileSync(join(directory, 'stages/prod.yml'), 'deployment:');
    const env = {
      ...COMPILE_CACHE,
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_ENDPOINT_URL: aws.url,
    };
    const child = spawn(process.execPath, [main, 'deploy', '--stage', 'prod'], { cwd: directory, env });
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
    rmSync(directory, { recursive: true });
    await aws.stop();
    expect({ stdout, stderr, code }).toEqual({
      stdout: '',
      stderr: `deploy: AWS denies it (not authorized to perform: ${action}): docs/permissions.md has the policy of a deployer\n`,
      code: 2,
    });
  },
);
