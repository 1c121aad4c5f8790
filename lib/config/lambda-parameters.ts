import * as http from 'node:http';
import * as https from 'node:https';
import { text } from 'node:stream/consumers';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import * as v from 'valibot';
import { getLambdaCredentials } from '../runtime/lambda-credentials.ts';
import type { ReadParameters } from './secrets.ts';

const TIMEOUT_MS = 1_000;
const ATTEMPTS = 2;

/**
 * Parameters of SSM as a function reads them. The SDK's client for it, with every error that SSM has, would be a fifth
 * of a bundle, and `fetch` takes longer to load than the request.
 *
 * @throws an error with SSM's code as its name
 */
export const readLambdaParameters: ReadParameters = async (names) => {
  const parameters = await getParameters(names);
  return Object.fromEntries(parameters.map(({ Name, Value }) => [Name, Value]));
};

const responseSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ Parameters: v.array(v.object({ Name: v.string(), Value: v.string() })) }),
);

const errorSchema = v.pipe(v.string(), v.parseJson(), v.object({ __type: v.string() }));

async function getParameters(names: readonly string[], attempt = 1) {
  try {
    const { statusCode = 0, body } = await post(JSON.stringify({ Names: names, WithDecryption: true }));
    if (statusCode !== 200) throw toError(statusCode, body);
    return v.parse(responseSchema, body).Parameters;
  } catch (error) {
    if (attempt === ATTEMPTS) throw error;
    return getParameters(names, attempt + 1);
  }
}

async function post(body: string): Promise<{ statusCode: number | undefined; body: string }> {
  const region = process.env['AWS_REGION'] ?? '';
  const url = findEndpoint(region);
  const signer = new SignatureV4({
    credentials: getLambdaCredentials(),
    region,
    service: 'ssm',
    sha256: Sha256,
  });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    headers: {
      host: url.host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonSSM.GetParameters',
    },
    body,
  });
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const { request } = url.protocol === 'http:' ? http : https;
  // Without an agent: the next request comes minutes later, on a connection that would have been closed.
  const options = { method: 'POST', headers, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) } as const;
  request(url, options).on('response', resolve).on('error', reject).end(body);
  const response = await promise;
  return { statusCode: response.statusCode, body: await text(response) };
}

/** AWS's variables for another endpoint come first, as in its SDKs. China is a partition of its own. */
function findEndpoint(region: string): URL {
  const { AWS_ENDPOINT_URL_SSM: ofSsm, AWS_ENDPOINT_URL: ofAll } = process.env;
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return new URL(ofSsm || ofAll || `https://ssm.${region}.${domain}`);
}

/** `{"__type":"com.amazon#AccessDeniedException","message":"…"}`: the message may quote a parameter's name. */
function toError(statusCode: number, body: string): Error {
  const parsed = v.safeParse(errorSchema, body);
  const error = new Error(`SSM answered ${statusCode}`);
  const code = parsed.success ? parsed.output.__type.split('#').at(-1) : undefined;
  return code ? Object.assign(error, { name: code }) : error;
}
