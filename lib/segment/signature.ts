import { createHmac, timingSafeEqual } from 'node:crypto';
import type { HttpRequest } from './http-request.ts';
import { scanElements, startsArray, trimWhitespace } from './json-scanner.ts';

/** `malformed`: no SHA-1 in hex, so that no secret can have made it. */
export type SignatureResult = 'absent' | 'malformed' | 'wrong' | 'valid';

const SHA1_HEX = /^[0-9a-f]{40}$/i;

/** Segment's `X-Signature`: HMAC-SHA1 in lower-case hex, keyed with the shared secret. */
export function sign(json: Buffer | string, secret: string): string {
  return createHmac('sha1', secret).update(json).digest('hex');
}

/**
 * What the `X-Signature` of a request is worth: whether any of the secrets made it, over any of
 * - the body as it was received,
 * - the decompressed body,
 * - the first element of an array, as its bytes stand in the body: all that Segment signs of an array today.
 *
 * Nothing is parsed, and a digest is compared in constant time.
 *
 * @param json the decompressed body, where it could be decompressed
 */
export function verifySignature(
  { headers, body }: HttpRequest,
  json: Buffer | undefined,
  secrets: readonly string[],
): SignatureResult {
  const signature = headers['x-signature'];
  if (!signature) return 'absent';
  if (!SHA1_HEX.test(signature)) return 'malformed';
  const digest = Buffer.from(signature, 'hex');
  for (const candidate of signedCandidates(body, json)) {
    for (const secret of secrets) {
      if (timingSafeEqual(createHmac('sha1', secret).update(candidate).digest(), digest)) return 'valid';
    }
  }
  return 'wrong';
}

function* signedCandidates(body: Buffer, json: Buffer | undefined): Generator<Buffer> {
  yield body;
  if (json === undefined) return;
  if (json !== body) yield json;
  const text = trimWhitespace(json);
  if (!startsArray(text)) return;
  const [first] = scanElements(text);
  if (first !== undefined) yield first;
}
