import { expect, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';

test.each([
  [
    'a relay that does not run',
    ['status'],
    { RELAY_URL: 'http://127.0.0.1:1' },
    /no relay answers at http:\/\/127/,
  ],
  ['a RELAY_URL that is none', ['ping'], { RELAY_URL: 'nowhere' }, /RELAY_URL must be a URL/],
  ['no command', [], {}, /which command\? --help lists them/],
  ['no command on the dead letters', ['dlq'], {}, /which command\? --help lists them/],
  ['a command that is none', ['dlq', 'frobnicate'], {}, /unknown command 'frobnicate': --help lists them/],
  ['a typo', ['staus'], {}, /unknown command 'staus' \(Did you mean status\?\)/],
  ['a typo below dlq', ['dlq', 'lsit'], {}, /unknown command 'lsit' \(Did you mean list\?\)/],
  ['a typo in a flag', ['status', '--jsn'], {}, /unknown option '--jsn' \(Did you mean --json\?\)/],
  ['a flag that is none', ['dlq', 'replay', '--frobnicate'], {}, /unknown option '--frobnicate'/],
  ['a reason that is none', ['dlq', 'list', '--reason', 'bad_luck'], {}, /Each must be one of unparseable, /],
  ['a typo in a reason', ['dlq', 'list', '--reason', 'rejcted'], {}, /Did you mean rejected\?$/m],
  [
    'a URL of Salesmachine without a credential',
    ['ping'],
    { SALESMACHINE_URL: 'http://127.0.0.1:1' },
    /SALESMACHINE_URL is set, but no credential for it/,
  ],
  ['a rate that is none', ['dlq', 'replay', '--rate', 'fast'], {}, /must be a number above 0/],
  ['a purge without a why', ['dlq', 'purge', '--reason', 'rejected'], {}, /--why/],
  ['a purge of everything', ['dlq', 'purge', '--why', 'x'], {}, /--reason/],
  [
    'a file that is not there',
    ['send', 'no-such-file', '--url', 'http://127.0.0.1:1'],
    {},
    /cannot read the input/,
  ],
])('%s is told in one line', async (_what, args, env, message) => {
  const { stdout, stderr, code } = await runCli(args, { env });
  expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd()).not.toContain('\n');
});
