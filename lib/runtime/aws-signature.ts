import { createHmac, hash } from 'node:crypto';
import type { AwsCredentials } from './lambda-credentials.ts';

type AwsRequest = {
  url: URL;
  /** Names in lower case; all of them are signed. */
  headers: Record<string, string>;
  body: string;
};

type Signer = { credentials: AwsCredentials; region: string; service: string };

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * The headers of a POST with AWS's Signature Version 4. Its URL has neither a query nor a path. Source: "Create a signed
 * AWS API request" in the IAM documentation.
 *
 * @param now milliseconds since the epoch
 */
export function signAwsRequest(
  { url, headers, body }: AwsRequest,
  { credentials, region, service }: Signer,
  now: number,
): Record<string, string> {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = [time.slice(0, 8), region, service, 'aws4_request'];
  const signed: Record<string, string> = {
    ...headers,
    host: url.host,
    'x-amz-date': time,
    ...(credentials.sessionToken && { 'x-amz-security-token': credentials.sessionToken }),
  };
  const names = Object.keys(signed).sort();
  const signedNames = names.join(';');
  const canonicalHeaders = names.map((name) => `${name}:${signed[name]}\n`).join('');
  const canonical = ['POST', '/', '', canonicalHeaders, signedNames, hash('sha256', body)].join('\n');
  const stringToSign = [ALGORITHM, time, scope.join('/'), hash('sha256', canonical)].join('\n');
  const key = scope.reduce<string | Buffer>(
    (secret, part) => hmac(secret, part).digest(),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = hmac(key, stringToSign).digest('hex');
  const credential = `${credentials.accessKeyId}/${scope.join('/')}`;
  return {
    ...signed,
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedNames}, Signature=${signature}`,
  };
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text);
