import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startLocalSqs } from '../../lib/local/aws/local-sqs.ts';
import { runCli } from '../support/cli.ts';

const env = {
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  AWS_MAX_ATTEMPTS: '1',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
};
let cwd: string;

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'relay-region-'));
  mkdirSync(join(cwd, 'stages'));
  writeFileSync(join(cwd, 'stages/paris.yml'), 'deployment: { region: eu-west-3 }');
  writeFileSync(join(cwd, 'stages/plain.yml'), 'settings: {}');
});

afterAll(() => rmSync(cwd, { recursive: true }));

test('a command of a stage finds the region in the file of the stage', async () => {
  const { stderr } = await runCli(['dlq', 'list', '--stage', 'paris'], { env, cwd });
  expect(stderr).toContain('AWS does not answer');
});

test('a stage whose file names no region is where npm run deploy puts it', async () => {
  const { stderr } = await runCli(['dlq', 'list', '--stage', 'plain'], { env, cwd });
  expect(stderr).toContain('AWS does not answer');
});

test('the command line wins over the file, and that over the shell', async () => {
  const queues = await startLocalSqs();
  const shell = { ...env, AWS_ENDPOINT_URL: queues.endpoint, AWS_REGION: 'us-west-2' };
  const list = (...args: string[]) => runCli(['dlq', 'list', ...args], { env: shell, cwd });
  const outputs = await Promise.all([
    list('--stage', 'paris', '--region', 'eu-west-1'),
    list('--stage', 'paris'),
    list('--stage', 'plain'),
  ]);
  await queues.stop();
  const regions = outputs.map(({ stderr }) => /there is no queue \S+ in (\S+):/.exec(stderr)?.[1]);
  expect(regions).toEqual(['eu-west-1', 'eu-west-3', 'us-west-2']);
});

test.each([['dlq', 'list'], ['ping']])(
  'of a stage without a file, the shell or the command line has to say it: %s',
  async (...command) => {
    const { stderr } = await runCli([...command, '--stage', 'lyon'], { env, cwd });
    expect(stderr).toMatch(/^relay: which AWS region\? Set region in the stage's file, .*\n$/);
  },
);
