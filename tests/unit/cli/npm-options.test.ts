import { expect, test } from '@jest/globals';
import { createCommand } from 'commander';
import { refuseOptionsTakenByNpm } from '../../../lib/cli/npm-options.ts';

const program = createCommand('relay');
program.command('dlq').command('replay').option('--dry-run').option('-y, --yes').option('--rate <n>');

const check = (args: string[], env: Record<string, string>) => () =>
  refuseOptionsTakenByNpm(program, args, { npm_lifecycle_event: 'relay', ...env });

test('an option of the command that npm took is refused, with the right call', () => {
  expect(check(['dlq', 'replay'], { npm_config_dry_run: 'true' })).toThrow(
    'npm took --dry-run for itself: put -- before the options, npm run --silent relay -- dlq replay --dry-run',
  );
});

test.each<[string, string[], Record<string, string>]>([
  ['an option that the command has got, too', ['dlq', 'replay', '--rate=5'], { npm_config_rate: 'true' }],
  ['an option that the command does not know', ['dlq', 'replay'], { npm_config_loglevel: 'silent' }],
  ['an option that is off', ['dlq', 'replay'], { npm_config_dry_run: '' }],
  ['--yes, which CI sets for npx', ['dlq', 'replay'], { npm_config_yes: 'true' }],
  [
    'a command of another script',
    ['dlq', 'replay'],
    { npm_lifecycle_event: 'nightly', npm_config_rate: '5' },
  ],
])('%s is left alone', (_, args, env) => {
  expect(check(args, env)).not.toThrow();
});
