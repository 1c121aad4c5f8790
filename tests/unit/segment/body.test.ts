import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { decodeBody, MAX_BODY_BYTES } from '../../../lib/segment/body.ts';

const json = Buffer.from('{"type":"track","event":"é✓"}');
const array = Buffer.from(`[${Array(200).fill(json)}]`);
const toDecoded = (bytes: Buffer) => ({ kind: 'decoded', bytes });
const fastBrotli = (bytes: Buffer) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
const contentEncoding = (encoding: string | undefined) => ({ 'content-encoding': encoding });

describe('what the bytes are counts more than what Content-Encoding says', () => {
  test.each([undefined, '', 'identity', 'gzip', 'br', 'deflate', 'UTF-8', 'gzip, gzip', 'constructor'])(
    'JSON stays as it is with %p',
    (encoding) => {
      for (const body of [json, array, Buffer.from(' \n[1]')])
        expect(decodeBody(contentEncoding(encoding), body)).toEqual(toDecoded(body));
    },
  );

  test.each([undefined, 'gzip', 'x-gzip', ' GZIP ', 'identity', 'br', 'gzip, identity'])(
    'gzip is decompressed with %p',
    (encoding) => {
      for (const body of [json, array])
        expect(decodeBody(contentEncoding(encoding), gzipSync(body))).toEqual(toDecoded(body));
    },
  );

  test('deflate is known by its zlib header, and without one by Content-Encoding', () => {
    for (const body of [json, array]) {
      for (const encoding of [undefined, 'deflate', 'gzip'])
        expect(decodeBody(contentEncoding(encoding), deflateSync(body))).toEqual(toDecoded(body));
      expect(decodeBody(contentEncoding('deflate'), deflateRawSync(body))).toEqual(toDecoded(body));
    }
  });

  test('Brotli is known by Content-Encoding', () => {
    for (const body of [json, array])
      expect(decodeBody(contentEncoding('br'), brotliCompressSync(body))).toEqual(toDecoded(body));
  });

  test('what is compressed twice is decompressed twice', () => {
    expect(decodeBody(contentEncoding('gzip, gzip'), gzipSync(gzipSync(json)))).toEqual(toDecoded(json));
    expect(decodeBody({}, gzipSync(deflateSync(json)))).toEqual(toDecoded(json));
    expect(decodeBody(contentEncoding('br, gzip'), gzipSync(brotliCompressSync(json)))).toEqual(
      toDecoded(json),
    );
    expect(decodeBody(contentEncoding('gzip, br'), brotliCompressSync(gzipSync(json)))).toEqual(
      toDecoded(json),
    );
  });

  test.each(['["3su9@62"]', '{"t6":"wi1@x.io"}'])(
    'JSON stays as it is though it can be inflated: %s',
    (text) => {
      expect(decodeBody(contentEncoding('deflate'), Buffer.from(text))).toEqual(toDecoded(Buffer.from(text)));
    },
  );

  test.each([undefined, 'identity', 'gzip', 'constructor'])(
    'bytes that are neither text nor compressed stay as they are with %p',
    (encoding) => {
      for (const bytes of [Buffer.of(0x41, 0x8b, 0xff), Buffer.of(0x1f, 0x41, 0xff), Buffer.of(0xff)])
        expect(decodeBody(contentEncoding(encoding), bytes)).toEqual(toDecoded(bytes));
    },
  );

  test('of what is compressed over and over, three layers are taken off', () => {
    const layered = gzipSync(brotliCompressSync(deflateRawSync(json)));
    expect(decodeBody(contentEncoding('deflate, br, gzip'), layered)).toEqual(toDecoded(json));
    const tooOften = gzipSync(gzipSync(gzipSync(gzipSync(json))));
    expect(decodeBody({}, tooOften)).toEqual(toDecoded(gzipSync(json)));
  });

  test.each([
    'x',
    'no JSON, and not compressed either',
    'x^2 begins like zlib',
    'x\u0001 begins like zlib, too',
  ])('text stays as it is: %j', (text) => {
    for (const encoding of [undefined, 'gzip', 'br', 'deflate'])
      expect(decodeBody(contentEncoding(encoding), Buffer.from(text))).toEqual(toDecoded(Buffer.from(text)));
  });

  test('an empty body is an empty one, whatever its encoding', () => {
    expect(decodeBody(contentEncoding('gzip'), Buffer.of())).toEqual(toDecoded(Buffer.of()));
  });
});

test('a byte order mark is taken off, compressed or not, but no other character', () => {
  const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), json]);
  expect(decodeBody({}, marked)).toEqual(toDecoded(json));
  expect(decodeBody({}, gzipSync(marked))).toEqual(toDecoded(json));
  expect(decodeBody({}, Buffer.from([0xef, 0xbb]))).toEqual(toDecoded(Buffer.from([0xef, 0xbb])));
});

test.each([
  ['gzip that was cut short', {}, gzipSync(json).subarray(0, -9), 'gzip'],
  ['gzip that was damaged', {}, Buffer.from(gzipSync(json)).fill(0xff, 12, 20), 'gzip'],
  ['Brotli that was cut short', contentEncoding('br'), brotliCompressSync(array).subarray(0, -9), 'br'],
  ['deflate that was cut short', {}, deflateSync(array).subarray(0, -9), 'deflate'],
])('%s cannot be read, and says so', (_, headers, body, encoding) => {
  expect(decodeBody(headers, body)).toEqual({
    kind: 'undecodable',
    reason: 'unparseable',
    detail: `the body is damaged or cut: it cannot be decompressed by ${encoding}`,
  });
});

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', fastBrotli],
] as const)(
  '%s is decompressed up to the bound and not beyond: 32 MB of zeros are refused',
  (encoding, compress) => {
    const headers = contentEncoding(encoding);
    expect(decodeBody(headers, compress(Buffer.alloc(MAX_BODY_BYTES)))).toMatchObject({
      kind: 'decoded',
    });
    expect(decodeBody(headers, compress(Buffer.alloc(1_001)), 1_000)).toMatchObject({
      reason: 'too_large',
    });
    for (const size of [MAX_BODY_BYTES + 1, 32 * 1024 * 1024]) {
      expect(decodeBody(headers, compress(Buffer.alloc(size)))).toEqual({
        kind: 'undecodable',
        reason: 'too_large',
        detail: 'the body decompresses to more than 16777216 bytes',
      });
    }
  },
);
