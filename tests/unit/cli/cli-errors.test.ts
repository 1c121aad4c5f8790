import { expect, test } from '@jest/globals';
import { CommandError, describeError } from '../../../lib/cli/cli-errors.ts';
import { InputError, SettingsError } from '../../../lib/runtime/errors.ts';

const named = (name: string, message = 'words of AWS') => Object.assign(new Error(message), { name });

test.each([
  ['CredentialsProviderError', /^AWS takes no credentials from here/],
  ['UnrecognizedClientException', /^AWS takes no credentials from here/],
  ['InvalidClientTokenId', /^AWS takes no credentials from here/],
  ['SignatureDoesNotMatch', /^AWS takes no credentials from here/],
  ['ExpiredToken', /have expired: sign in again$/],
  ['ExpiredTokenException', /have expired: sign in again$/],
  ['QueueDoesNotExist', /^there is no such queue any more/],
  ['AWS.SimpleQueueService.NonExistentQueue', /^there is no such queue any more/],
  ['TimeoutError', /^AWS does not answer \(words of AWS\): try again$/],
])('an operator is told what to do about %s', (name, message) => {
  expect(describeError(named(name))).toMatch(message);
});

test.each(['AccessDenied', 'AccessDeniedException', 'AuthorizationErrorException'])(
  '%s is explained in the words of AWS, which name what is lacking, and by where the policy is',
  (name) => {
    const denied = named(name, 'not authorized to perform: ssm:GetParameters');
    const words = 'AWS denies it (not authorized to perform: ssm:GetParameters)';
    expect(describeError(denied)).toBe(`${words}: docs/permissions.md has the policy of an operator`);
    expect(describeError(denied, 'a deployer')).toBe(
      `${words}: docs/permissions.md has the policy of a deployer`,
    );
  },
);

test.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN'])('%s is the network', (code) => {
  expect(describeError(Object.assign(new Error('no way'), { code }))).toBe(
    'AWS does not answer (no way): try again',
  );
});

test.each([new CommandError('one'), new InputError('one'), new SettingsError('one')])(
  'what is the caller’s mistake is said in its own words: %p',
  (error) => {
    expect(describeError(error)).toBe('one');
  },
);

test('a region that is missing can be named in three ways', () => {
  expect(describeError(new Error('Region is missing'))).toMatch(/stages\/STAGE\.yml.*--region.*AWS_REGION/);
});

test.each([new TypeError('a bug'), named('constructor'), 'a text', undefined])(
  'of %p only its stack helps',
  (error) => {
    expect(describeError(error)).toBeUndefined();
  },
);
