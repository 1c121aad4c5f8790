import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { COMPILE_CACHE } from '../support/compile-cache.ts';

const repository = resolve(import.meta.dirname, '../..');

/** Runs an npm script as an operator types it. */
function runNpm(args: readonly string[]) {
  const { PATH, HOME } = process.env;
  const options = { cwd: repository, env: { PATH, HOME, ...COMPILE_CACHE } };
  return new Promise<{ stdout: string; stderr: string; code: unknown }>((done) => {
    execFile('npm', ['run', '--silent', ...args], options, (error, stdout, stderr) => {
      done({ stdout, stderr, code: error?.code ?? 0 });
    });
  });
}

test.each([
  ['relay dlq replay --dry-run', '--dry-run', 'npm run --silent relay -- dlq replay --dry-run'],
  ['relay status --stage prod', '--stage', 'npm run --silent relay -- status --stage <name>'],
  ['relay dlq list --user 4711', '--user', 'npm run --silent relay -- dlq list --user <id>'],
  [
    'relay dlq replay --canary 5 --rate=10',
    '--canary, --rate',
    'npm run --silent relay -- dlq replay --canary <n> --rate <n>',
  ],
  ['deploy --stage prod', '--stage', 'npm run deploy -- --stage <name>'],
  ['package --region eu-west-1', '--region', 'npm run package -- --region <name>'],
])('npm run %s is refused: the command would run without %s', async (line, options, call) => {
  const { stdout, stderr, code } = await runNpm(line.split(' '));
  expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
  expect(stderr).toContain(`npm took ${options} for itself: put -- before the options, ${call}`);
});

test.each([
  ['deploy', "required option '-s, --stage <name>' not specified"],
  [
    'deploy -- --stage foo',
    'there is no stages/foo.yml: check --stage (there is prod), or write the file first: the line "deployment:" suffices',
  ],
  ['deploy -- --stage prod --force', "unknown option '--force'"],
  ['package -- --stge prod', "unknown option '--stge' (Did you mean --stage?)"],
  ['package -- prod', 'too many arguments'],
])('npm run %s is refused: %s', async (line, message) => {
  const { stdout, stderr, code } = await runNpm(line.split(' '));
  expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
  expect(stderr).toContain(`deploy: ${message}`);
});
