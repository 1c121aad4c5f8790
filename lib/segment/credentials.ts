import { hash, timingSafeEqual } from 'node:crypto';
import { isObject, membersOf, stringOf, trimmed } from './json-scanner.ts';
import type { Headers } from './split-request.ts';

export type TokenVerdict = 'absent' | 'wrong' | 'valid';

/**
 * The tokens that a request presents: `Authorization: Bearer TOKEN`; Basic with the token as user name (a partner's
 * destination, `@segment/analytics-node` 3.x); `writeKey` in the body (2.x).
 *
 * @param sdkJson the decompressed body, if the request came to a path of the SDKs
 */
export function presentedTokens(headers: Headers, sdkJson: Buffer | undefined): string[] {
  return [tokenOf(headers['authorization']), writeKeyOf(sdkJson)].filter((token) => token !== undefined);
}

/** Whether one of the presented tokens is one of ours. Compared as digests: in constant time, whatever the length. */
export function verifyToken(presented: readonly string[], tokens: readonly string[]): TokenVerdict {
  if (presented.length === 0) return 'absent';
  const ours = tokens.map(digestOf);
  const isOurs = presented
    .map(digestOf)
    .some((theirs) => ours.some((digest) => timingSafeEqual(digest, theirs)));
  return isOurs ? 'valid' : 'wrong';
}

const digestOf = (token: string): Buffer => hash('sha256', token, 'buffer');

/** How each scheme carries the token; another scheme carries none. */
const schemes = new Map<string, (credentials: string) => string | undefined>([
  ['bearer', (credentials) => credentials],
  ['basic', (credentials) => Buffer.from(credentials, 'base64').toString().split(':', 1)[0]],
]);

function tokenOf(authorization = ''): string | undefined {
  const [scheme = '', credentials = ''] = authorization.trim().split(/ +/, 2);
  return schemes.get(scheme.toLowerCase())?.(credentials) || undefined;
}

function writeKeyOf(sdkJson: Buffer | undefined): string | undefined {
  const json = trimmed(sdkJson ?? Buffer.of());
  if (!isObject(json)) return undefined;
  for (const { key, value } of membersOf(json)) {
    if (key === 'writeKey') return stringOf(value) || undefined;
  }
  return undefined;
}
