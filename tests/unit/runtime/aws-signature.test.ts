import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { expect, test } from '@jest/globals';
import { signAwsRequest } from '../../../lib/runtime/aws-signature.ts';

const longLived = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

type SdkRequest = { headers: Record<string, string>; hostname: string; body: string | Uint8Array };

/** What the SDK's client for SSM would send; nothing is sent. */
async function signBySdk(names: string[], credentials: { accessKeyId: string; secretAccessKey: string }) {
  const requests: SdkRequest[] = [];
  const client = new SSMClient({
    region: 'eu-west-1',
    credentials,
    maxAttempts: 1,
    requestHandler: {
      handle: async (request: SdkRequest) => {
        requests.push(request);
        throw new Error('not sent');
      },
    },
  });
  await client.send(new GetParametersCommand({ Names: names })).catch(() => undefined);
  const [request] = requests;
  if (request === undefined) throw new Error('the SDK made no request');
  return request;
}

test.each([
  ['a key', longLived],
  ['a session of a role', { ...longLived, sessionToken: 'session/token==' }],
])('a request is signed as the SDK signs it, with the credentials of %s', async (_, credentials) => {
  const sdk = await signBySdk(['/a/ü', '/b'], credentials);
  const { authorization, ...headers } = sdk.headers;
  const time = headers['x-amz-date'] ?? '';
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  const now = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.789Z`);
  const signedNames = /SignedHeaders=([^,]+)/.exec(authorization ?? '')?.[1]?.split(';') ?? [];
  expect(signedNames).toContain('x-amz-target');

  const signed = signAwsRequest(
    {
      url: new URL(`https://${sdk.hostname}`),
      headers: Object.fromEntries(signedNames.map((name) => [name, headers[name] ?? ''])),
      body: typeof sdk.body === 'string' ? sdk.body : new TextDecoder().decode(sdk.body),
    },
    { credentials, region: 'eu-west-1', service: 'ssm' },
    now,
  );
  expect(signed['authorization']).toBe(authorization);
  expect(signed['x-amz-date']).toBe(time);
  expect(signed['x-amz-security-token']).toBe(headers['x-amz-security-token']);
});
