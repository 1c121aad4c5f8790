import { expect, test } from '@jest/globals';
import { resolveSendTarget, type SendTargetOptions } from '../../../lib/cli/send/send-target.ts';
import { patientClock } from '../../support/patient-clock.ts';

const resolveTarget = (options: SendTargetOptions, env: Record<string, string> = {}) =>
  resolveSendTarget(options, { env: { RELAY_URL: 'http://127.0.0.1:1', ...env }, clock: patientClock });

const env = { SEGMENT_SHARED_SECRETS: 'new, old', INGEST_TOKENS: 'token,other' };

test('the credential is the first of each of the environment, unless the options name another', async () => {
  const url = 'http://127.0.0.1:1/segment';
  expect(await resolveTarget({}, env)).toEqual({ url, secret: 'new', token: 'token' });
  expect(await resolveTarget({ secret: 'mine', token: 'my' }, env)).toEqual({
    url,
    secret: 'mine',
    token: 'my',
  });
});

test('a relay elsewhere is sent to as it is named, also without a credential', async () => {
  const url = 'https://relay.example.com/segment';
  expect(await resolveTarget({ url })).toEqual({ url });
  await expect(resolveTarget({ url: 'relay.example.com' })).rejects.toThrow('--url must be a URL');
});
