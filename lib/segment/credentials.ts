import { hash, timingSafeEqual } from 'node:crypto';
import type { Headers } from './http-request.ts';
import { parseString, scanMembers, startsObject, trimWhitespace } from './json-scanner.ts';

export type TokenResult = 'absent' | 'wrong' | 'valid';

/**
 * The tokens that a request presents: `Authorization: Bearer TOKEN`; Basic with the token as user name (a partner's
 * destination, `@segment/analytics-node` 3.x); `writeKey` in the body (2.x).
 *
 * @param sdkJson the decompressed body, if the request came to a path of the SDKs
 */
export function readTokens(headers: Headers, sdkJson: Buffer | undefined): string[] {
  return [parseAuthorization(headers['authorization']), readWriteKey(sdkJson)].filter(
    (token) => token !== undefined,
  );
}

/** Whether one of the presented tokens is one of ours. Compared as digests: in constant time, whatever the length. */
export function verifyToken(presented: readonly string[], tokens: readonly string[]): TokenResult {
  if (presented.length === 0) return 'absent';
  const expectedDigests = tokens.map(digestToken);
  const isValid = presented
    .map(digestToken)
    .some((actualDigest) =>
      expectedDigests.some((expectedDigest) => timingSafeEqual(expectedDigest, actualDigest)),
    );
  return isValid ? 'valid' : 'wrong';
}

const digestToken = (token: string): Buffer => hash('sha256', token, 'buffer');

/** How each scheme carries the token; another scheme carries none. */
const schemes = new Map<string, (credentials: string) => string | undefined>([
  ['bearer', (credentials) => credentials],
  ['basic', (credentials) => Buffer.from(credentials, 'base64').toString().split(':', 1)[0]],
]);

function parseAuthorization(authorization = ''): string | undefined {
  const [scheme = '', credentials = ''] = authorization.trim().split(/ +/, 2);
  return schemes.get(scheme.toLowerCase())?.(credentials) || undefined;
}

function readWriteKey(sdkJson: Buffer | undefined): string | undefined {
  const json = trimWhitespace(sdkJson ?? Buffer.of());
  if (!startsObject(json)) return undefined;
  for (const { key, value } of scanMembers(json)) {
    if (key === 'writeKey') return parseString(value) || undefined;
  }
  return undefined;
}
