import { createHmac, timingSafeEqual } from 'node:crypto';
import { unwrapEvent } from './extensible-webhook.ts';
import type { Headers } from './http-request.ts';
import { scanElements, startsArray, trimWhitespace } from './json-scanner.ts';

/** `malformed`: no SHA-1 in hex, so that no secret can have made it. `number` counts the secrets from 1. */
export type SignatureResult =
  | { kind: 'absent' }
  | { kind: 'malformed' }
  | { kind: 'wrong' }
  | { kind: 'valid'; number: number };

const SHA1_HEX = /^[0-9a-f]{40}$/i;

/** Newer sources of Segment's webhooks have a setting that sends the second header instead of the first. */
const SIGNATURE_HEADERS = ['x-signature', 'x-segment-signature'];

/** The most that Segment puts into a batch. More are a stranger's, whose request must not cost their unwrapping. */
const MAX_EVENTS = 4_000;

/** Segment's signature: HMAC-SHA1 in lower-case hex, keyed with the shared secret. */
export function sign(json: Buffer | string, secret: string): string {
  return createHmac('sha1', secret).update(json).digest('hex');
}

/** The signatures that a request presents; a header that came twice holds two, joined by a comma. */
export function readSignatures(headers: Headers): string[] {
  return SIGNATURE_HEADERS.flatMap((name) => headers[name]?.split(',') ?? [])
    .map((signature) => signature.trim())
    .filter((signature) => signature !== '');
}

/**
 * What the signatures of a request are worth: whether any of the secrets made one of them, over any of
 * - the body as it was received,
 * - the decompressed body,
 * - the first element of an array, as its bytes stand in the body: all that Segment signs of an array today,
 * - of the Extensible Webhook's array, the event in its first element, or an array of all of its events.
 *
 * Nothing is parsed, and a digest is compared in constant time.
 *
 * @param json the decompressed body, where it could be decompressed
 */
export function verifySignature(
  signatures: readonly string[],
  body: Buffer,
  json: Buffer | undefined,
  secrets: readonly string[],
): SignatureResult {
  if (signatures.length === 0) return { kind: 'absent' };
  const digests = signatures
    .filter((signature) => SHA1_HEX.test(signature))
    .map((hex) => Buffer.from(hex, 'hex'));
  if (digests.length === 0) return { kind: 'malformed' };
  for (const candidate of signedCandidates(body, json)) {
    for (const [index, secret] of secrets.entries()) {
      const actual = createHmac('sha1', secret).update(candidate).digest();
      if (digests.some((digest) => timingSafeEqual(actual, digest)))
        return { kind: 'valid', number: index + 1 };
    }
  }
  return { kind: 'wrong' };
}

function* signedCandidates(body: Buffer, json: Buffer | undefined): Generator<Buffer> {
  yield body;
  if (json === undefined) return;
  if (json !== body) yield json;
  const text = trimWhitespace(json);
  if (!startsArray(text)) return;
  const [first] = scanElements(text);
  if (first === undefined) return;
  yield first;
  const event = unwrapEvent(first);
  if (event === first) return;
  yield event;
  const events = scanElements(text)
    .take(MAX_EVENTS + 1)
    .map(unwrapEvent)
    .toArray();
  if (events.length <= MAX_EVENTS) yield Buffer.from(`[${events.join()}]`);
}
