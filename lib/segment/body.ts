import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Headers } from './http-request.ts';

/** The most that a compressed body may become. Segment's own batches end at 4,000 events and Lambda's at 6 MB. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

export type Body =
  | { kind: 'decoded'; bytes: Buffer }
  /** It can't be read; `detail` says why, to a person. */
  | { kind: 'undecodable'; reason: 'too_large' | 'unparseable'; detail: string };

type Decoder = (bytes: Buffer) => Promise<Buffer>;

const gunzipAsync = promisify(gunzip);
const decodeIdentity: Decoder = async (bytes) => bytes;
const decodeGzip: Decoder = (bytes) => gunzipAsync(bytes, { maxOutputLength: MAX_BODY_BYTES });

const decoders = new Map<string, Decoder>([
  ['', decodeIdentity],
  ['identity', decodeIdentity],
  ['gzip', decodeGzip],
  ['x-gzip', decodeGzip],
]);

/** The JSON text of a request, decompressed where its `Content-Encoding` says so, without a byte order mark. */
export async function decodeBody(headers: Headers, body: Buffer): Promise<Body> {
  if (body.length === 0) return { kind: 'decoded', bytes: body };
  const decoder = decoders.get(headers['content-encoding']?.trim().toLowerCase() ?? '');
  if (decoder === undefined) {
    return toUndecodable(
      'unparseable',
      'the body has a Content-Encoding that is not understood: only gzip is',
    );
  }
  try {
    return { kind: 'decoded', bytes: withoutByteOrderMark(await decoder(body)) };
  } catch (error) {
    return isTooLarge(error)
      ? toUndecodable('too_large', `the body decompresses to more than ${MAX_BODY_BYTES} bytes`)
      : toUndecodable('unparseable', 'the body is not the gzip that its Content-Encoding says');
  }
}

function toUndecodable(reason: 'too_large' | 'unparseable', detail: string): Body {
  return { kind: 'undecodable', reason, detail };
}

function isTooLarge(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
  );
}

const BYTE_ORDER_MARK = Buffer.from('\u{FEFF}');

function withoutByteOrderMark(bytes: Buffer): Buffer {
  const { length } = BYTE_ORDER_MARK;
  return bytes.subarray(0, length).equals(BYTE_ORDER_MARK) ? bytes.subarray(length) : bytes;
}
