import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { decodeBody, MAX_BODY_BYTES } from '../../../lib/segment/body.ts';

const json = Buffer.from('{"type":"track","event":"é✓"}');
const decoded = (bytes: Buffer) => ({ kind: 'decoded', bytes });
const notGzip = {
  kind: 'undecodable',
  reason: 'unparseable',
  detail: 'the body is not the gzip that its Content-Encoding says',
};

describe('decodeBody', () => {
  test.each([undefined, '', 'identity'])(
    'hands on the very body with Content-Encoding %p',
    async (encoding) => {
      const body = await decodeBody({ 'content-encoding': encoding }, json);
      expect(body).toEqual(decoded(json));
      expect(body).toHaveProperty('bytes', json);
    },
  );

  test.each(['gzip', 'x-gzip', ' GZIP '])('decompresses %p', async (encoding) => {
    expect(await decodeBody({ 'content-encoding': encoding }, gzipSync(json))).toEqual(decoded(json));
  });

  test('takes off a byte order mark, compressed or not, but no other character', async () => {
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), json]);
    expect(await decodeBody({}, marked)).toEqual(decoded(json));
    expect(await decodeBody({ 'content-encoding': 'gzip' }, gzipSync(marked))).toEqual(decoded(json));
    expect(await decodeBody({}, Buffer.from([0xef, 0xbb]))).toEqual(decoded(Buffer.from([0xef, 0xbb])));
  });

  test('takes an empty body for an empty one, whatever its encoding', async () => {
    expect(await decodeBody({ 'content-encoding': 'gzip' }, Buffer.of())).toEqual(decoded(Buffer.of()));
  });

  test.each([
    ['is no gzip', json],
    ['was cut short', gzipSync(json).subarray(0, -9)],
    ['was damaged', Buffer.from(gzipSync(json)).fill(0xff, 12, 20)],
  ])('says so when the gzip %s', async (_, body) => {
    expect(await decodeBody({ 'content-encoding': 'gzip' }, body)).toEqual(notGzip);
  });

  test('decompresses up to its bound and not beyond: 32 MB of zeros are refused', async () => {
    const headers = { 'content-encoding': 'gzip' };
    expect(await decodeBody(headers, gzipSync(Buffer.alloc(MAX_BODY_BYTES)))).toMatchObject({
      kind: 'decoded',
    });
    for (const size of [MAX_BODY_BYTES + 1, 32 * 1024 * 1024]) {
      expect(await decodeBody(headers, gzipSync(Buffer.alloc(size)))).toEqual({
        kind: 'undecodable',
        reason: 'too_large',
        detail: 'the body decompresses to more than 16777216 bytes',
      });
    }
  });

  test.each(['br', 'deflate', 'gzip, gzip', 'constructor'])('does not understand %p', async (encoding) => {
    expect(await decodeBody({ 'content-encoding': encoding }, json)).toEqual({
      kind: 'undecodable',
      reason: 'unparseable',
      detail: 'the body has a Content-Encoding that is not understood: only gzip is',
    });
  });
});
