import { hash, timingSafeEqual } from 'node:crypto';
import type { Headers } from './http-request.ts';
import { parseMember, parseString, scanElements, startsObject, trimWhitespace } from './json-scanner.ts';

/** `number` counts the tokens from 1. */
export type TokenResult = { kind: 'absent' } | { kind: 'wrong' } | { kind: 'valid'; number: number };

/**
 * The tokens that a request presents: `Authorization: Bearer TOKEN`; Basic with the token as user name (a partner's
 * destination, `@segment/analytics-node` 3.x); only if there is none, `writeKey` in the body (2.x).
 *
 * @param sdkJson the decompressed body, if the request came to a path of the SDKs
 */
export function readTokens(headers: Headers, sdkJson: Buffer | undefined): string[] {
  const tokens = parseAuthorization(headers['authorization']);
  return tokens.length > 0 ? tokens : readWriteKey(sdkJson);
}

/** Whether one of the presented tokens is one of ours. Compared as digests: in constant time, whatever the length. */
export function verifyToken(presented: readonly string[], tokens: readonly string[]): TokenResult {
  if (presented.length === 0) return { kind: 'absent' };
  const actualDigests = presented.map(digestToken);
  const index = tokens
    .map(digestToken)
    .findIndex((expected) => actualDigests.some((actual) => timingSafeEqual(expected, actual)));
  return index === -1 ? { kind: 'wrong' } : { kind: 'valid', number: index + 1 };
}

const digestToken = (token: string): Buffer => hash('sha256', token, 'buffer');

/** How each scheme carries the token; another scheme carries none. */
const schemes = new Map<string, (credentials: string) => string | undefined>([
  ['bearer', (credentials) => credentials],
  ['basic', (credentials) => Buffer.from(credentials, 'base64').toString().split(':', 1)[0]],
]);

/** A header that came twice holds two credentials, joined by a comma. */
const NEXT_CREDENTIAL = /,\s*(?=(?:bearer|basic) )/i;

function parseAuthorization(authorization = ''): string[] {
  return authorization.split(NEXT_CREDENTIAL).flatMap((presented) => {
    const [scheme = '', credentials = ''] = presented.trim().split(/ +/, 2);
    return schemes.get(scheme.toLowerCase())?.(credentials) || [];
  });
}

const WRITE_KEY = Buffer.from('"writeKey"');

/** An SDK writes a handful of members beside its events. What has more is no SDK's, and not worth the search. */
const MAX_MEMBERS = 64;

/** It is called before the request is authenticated, so it neither parses nor goes far. */
function readWriteKey(sdkJson: Buffer | undefined): string[] {
  const json = trimWhitespace(sdkJson ?? Buffer.of());
  if (!startsObject(json) || !json.includes(WRITE_KEY)) return [];
  const member = scanElements(json)
    .take(MAX_MEMBERS)
    .find((part) => part.subarray(0, WRITE_KEY.length).equals(WRITE_KEY));
  const writeKey = member && parseString(parseMember(member).value);
  return writeKey ? [writeKey] : [];
}
