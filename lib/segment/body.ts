import { isUtf8 } from 'node:buffer';
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { isObject } from '../runtime/json.ts';
import type { Headers } from './http-request.ts';
import { startsArray, startsObject, trimWhitespace } from './json-scanner.ts';

/** The most that a body may become. Segment's own batches end at 4,000 events and Lambda's at 6 MB. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** The same before it is known who sent it: what decompression may cost a stranger's request. */
export const MAX_UNAUTHENTICATED_BYTES = 6 * 1024 * 1024;

export type Body =
  | { kind: 'decoded'; bytes: Buffer }
  /** It can't be read; `detail` says why, to a person. */
  | { kind: 'undecodable'; reason: 'too_large' | 'unparseable'; detail: string };

type Encoding = 'gzip' | 'deflate' | 'br';
type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer;

/**
 * In one go: a function has one request at a time, and a hop to another thread for every 16 KB costs five times as
 * much.
 */
const decoders: Record<Encoding, Decoder> = {
  gzip: gunzipSync,
  // HTTP means zlib by "deflate", but some clients send the bare stream.
  deflate: (bytes, options) => (isZlib(bytes) ? inflateSync : inflateRawSync)(bytes, options),
  br: brotliDecompressSync,
};

/** Nested further, it is no sender's. */
const MAX_LAYERS = 3;

/**
 * The JSON text of a request, decompressed, without a byte order mark. What the bytes are counts more than what
 * `Content-Encoding` says of them: gateways decompress and leave the header, and clients compress without it.
 *
 * @param maxBytes the most that decompression may yield
 */
export function decodeBody(headers: Headers, body: Buffer, maxBytes = MAX_BODY_BYTES): Body {
  let bytes = body;
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    const encoding = detectEncoding(bytes) ?? readEncoding(headers, bytes, layer);
    if (encoding === undefined) break;
    try {
      bytes = decoders[encoding](bytes, { maxOutputLength: maxBytes });
    } catch (error) {
      if (isTooLarge(error))
        return toUndecodable('too_large', `the body decompresses to more than ${maxBytes} bytes`);
      if (isUtf8(bytes)) break;
      return toUndecodable(
        'unparseable',
        `the body is damaged or cut: it cannot be decompressed by ${encoding}`,
      );
    }
  }
  return { kind: 'decoded', bytes: withoutByteOrderMark(bytes) };
}

/** By the first bytes; Brotli's tell nothing. */
export function detectEncoding(bytes: Buffer): Encoding | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  return isZlib(bytes) ? 'deflate' : undefined;
}

/** A deflate window of up to 32 KB, and two bytes that are a multiple of 31 together. Source: RFC 1950. */
const isZlib = (bytes: Buffer): boolean =>
  bytes.length > 2 && bytes[0] === 0x78 && bytes.readUInt16BE(0) % 31 === 0;

/** By the header, which names the last encoding last, unless the bytes are JSON. */
function readEncoding(headers: Headers, bytes: Buffer, layer: number): Encoding | undefined {
  const text = trimWhitespace(bytes);
  const isJson = (startsObject(text) || startsArray(text)) && isUtf8(bytes);
  const named = headers['content-encoding']
    ?.split(',')
    .at(-1 - layer)
    ?.trim()
    .toLowerCase();
  return isJson || (named !== 'br' && named !== 'deflate') ? undefined : named;
}

function toUndecodable(reason: 'too_large' | 'unparseable', detail: string): Body {
  return { kind: 'undecodable', reason, detail };
}

const isTooLarge = (error: unknown): boolean => isObject(error) && error['code'] === 'ERR_BUFFER_TOO_LARGE';

const BYTE_ORDER_MARK = Buffer.from('\u{FEFF}');

function withoutByteOrderMark(bytes: Buffer): Buffer {
  const { length } = BYTE_ORDER_MARK;
  return bytes.subarray(0, length).equals(BYTE_ORDER_MARK) ? bytes.subarray(length) : bytes;
}
