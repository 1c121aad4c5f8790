import { hash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { readLambdaParameters } from '../../../lib/config/lambda-parameters.ts';

const environment = { ...process.env };
const cleanups: (() => unknown)[] = [];

beforeEach(() => {
  // However busy the machine is, no time runs out, unless a test lets it.
  jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => new AbortController().signal);
});

afterEach(async () => {
  process.env = { ...environment };
  jest.restoreAllMocks();
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** SSM on this machine; a function's environment that leads there. */
async function startSsm(answer: (response: ServerResponse, call: number) => unknown) {
  const requests: { headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer(async (request, response) => {
    requests.push({ headers: request.headers, body: await text(request) });
    answer(response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'token',
    AWS_ENDPOINT_URL_SSM: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
  return requests;
}

const twoValues = JSON.stringify({
  Parameters: [
    { Name: '/a', Value: '1', Type: 'SecureString' },
    { Name: '/b', Value: '2' },
  ],
  InvalidParameters: ['/c'],
});

const refusal = (type: string) => JSON.stringify({ __type: type, message: 'no /a for you' });

test('parameters are read decrypted, in one signed request', async () => {
  const requests = await startSsm((response) => response.end(twoValues));
  expect(await readLambdaParameters(['/a', '/b', '/c'])).toEqual({ '/a': '1', '/b': '2' });
  expect(requests).toHaveLength(1);
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ Names: ['/a', '/b', '/c'], WithDecryption: true });
  expect(requests[0]?.headers).toMatchObject({
    'x-amz-target': 'AmazonSSM.GetParameters',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-security-token': 'token',
    authorization: expect.stringContaining('/eu-west-1/ssm/aws4_request, SignedHeaders='),
  });
});

test('the signature is of the request as it arrives', async () => {
  const requests = await startSsm((response) => response.end(twoValues));
  await readLambdaParameters(['/a']);
  const { headers, body } = requests[0] ?? { headers: {}, body: '' };
  const { authorization = '', 'x-amz-date': date } = headers;
  const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
  expect(names).toEqual(
    expect.arrayContaining(['host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target']),
  );

  expect(headers['x-amz-content-sha256']).toBe(hash('sha256', body));
  const signer = new SignatureV4({
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: 'token' },
    region: 'eu-west-1',
    service: 'ssm',
    sha256: Sha256,
  });
  const arrived = {
    method: 'POST',
    protocol: 'http:',
    hostname: '127.0.0.1',
    path: '/',
    headers: Object.fromEntries(names.map((name) => [name, String(headers[name])])),
    body,
  };
  const signingDate = new Date(String(date).replace(/(....)(..)(..)T(..)(..)(..)/, '$1-$2-$3T$4:$5:$6'));
  const signed = await signer.sign(arrived, { signingDate });
  expect(signed.headers['authorization']).toBe(authorization);
});

test.each<[string, (response: ServerResponse) => unknown]>([
  ['a connection that breaks', (response) => response.destroy()],
  [
    'an answer that is cut',
    (response) => response.writeHead(200, { 'content-length': 500 }).write('{"Par', () => response.destroy()),
  ],
  ['an error of SSM', (response) => response.writeHead(500).end('oops')],
  ['a throttling', (response) => response.writeHead(400).end(refusal('ThrottlingException'))],
])('after %s it is tried once more', async (_, fail) => {
  const requests = await startSsm((response, call) =>
    call === 1 ? fail(response) : response.end(twoValues),
  );
  expect(await readLambdaParameters(['/a'])).toEqual({ '/a': '1', '/b': '2' });
  expect(requests).toHaveLength(2);
});

test('where SSM does not answer, it is given up and tried once more', async () => {
  const givenUp: AbortController[] = [];
  const timeouts = jest.mocked(AbortSignal.timeout).mockImplementation(() => {
    const timeout = new AbortController();
    givenUp.push(timeout);
    return timeout.signal;
  });
  const requests = await startSsm((response, call) =>
    call === 1 ? givenUp[0]?.abort(new DOMException('too late', 'TimeoutError')) : response.end(twoValues),
  );
  expect(await readLambdaParameters(['/a'])).toEqual({ '/a': '1', '/b': '2' });
  expect(requests).toHaveLength(2);
  // Both fit in the time that Segment waits, with time left to queue the events.
  expect(timeouts.mock.calls).toEqual([[1_000], [1_000]]);
});

test("SSM's own endpoint is asked rather than the one of all services, and that one rather than AWS's", async () => {
  const requests = await startSsm((response) => response.end(twoValues));
  process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:1';
  await readLambdaParameters(['/a']);
  process.env['AWS_ENDPOINT_URL'] = process.env['AWS_ENDPOINT_URL_SSM'];
  delete process.env['AWS_ENDPOINT_URL_SSM'];
  await readLambdaParameters(['/a']);
  expect(requests).toHaveLength(2);
});

test('a refusal is an error with the name that SSM gives it, and quotes no parameter', async () => {
  const type = 'com.amazonaws.ssm#AccessDeniedException';
  const requests = await startSsm((response) => response.writeHead(400).end(refusal(type)));
  const error = await readLambdaParameters(['/a']).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'AccessDeniedException', message: 'SSM answered 400' });
  expect(requests).toHaveLength(2);
});

test('a lasting error of SSM is one, whatever stands in it', async () => {
  await startSsm((response) => response.writeHead(503).end(twoValues));
  await expect(readLambdaParameters(['/a'])).rejects.toThrow('SSM answered 503');
});

test('without credentials it says so', async () => {
  await startSsm((response) => response.end(twoValues));
  delete process.env['AWS_SECRET_ACCESS_KEY'];
  await expect(readLambdaParameters(['/a'])).rejects.toThrow('The environment has no AWS credentials');
});
