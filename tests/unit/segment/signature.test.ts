import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { readSignatures, sign, verifySignature } from '../../../lib/segment/signature.ts';

const body = Buffer.from('{"type":"identify","userId":"é"}');

type Signed = { signature: string | undefined; body?: Buffer; json?: Buffer | undefined; secrets?: string[] };
const verify = ({ signature, body: raw = body, json = raw, secrets = ['old', 'new'] }: Signed) =>
  verifySignature(readSignatures({ 'x-signature': signature }), raw, json, secrets).kind;

test('a signature is the HMAC-SHA1 that RFC 2202 gives', () => {
  expect(sign('what do ya want for nothing?', 'Jefe')).toBe('effcdf6ae5eb2fa2d27416d5f184df9c259a7c79');
});

describe('a signature is valid', () => {
  test.each(['old', 'new'])('by any of the secrets: %s', (secret) => {
    expect(verify({ signature: sign(body, secret) })).toBe('valid');
  });

  test('in upper case too', () => {
    expect(verify({ signature: sign(body, 'new').toUpperCase() })).toBe('valid');
  });

  test('over the compressed body, and over what it decompresses to', () => {
    const zipped = gzipSync(body);
    expect(verify({ body: zipped, json: body, signature: sign(zipped, 'new') })).toBe('valid');
    expect(verify({ body: zipped, json: body, signature: sign(body, 'new') })).toBe('valid');
  });

  test('over a body that cannot be decoded', () => {
    expect(verifySignature([sign(body, 'new')], body, undefined, ['new'])).toEqual({
      kind: 'valid',
      number: 1,
    });
  });

  test('over a whole array, and over its first element as it stands there', () => {
    const first = '{ "userId":1.0,"é":"]" }';
    for (const array of [`[${first}]`, ` [ ${first} , {"b":2}]`, `[${first},oops`]) {
      expect(verify({ body: Buffer.from(array), signature: sign(array, 'new') })).toBe('valid');
      expect(verify({ body: Buffer.from(array), signature: sign(first, 'new') })).toBe('valid');
    }
  });
});

describe("the Extensible Webhook's batch, whose elements are wrapped, is signed", () => {
  const [first, second] = ['{"type":"track","userId":"é"}', '{"type":"identify"}'];
  const batch = `[{"json":${first}},{"json":${second}}]`;

  test.each([
    ['over the event in the first element', first],
    ['over its first element as it stands there', `{"json":${first}}`],
    ['over the array of its events, without what wraps them', `[${first},${second}]`],
    ['over the whole body', batch],
  ])('%s', (_, text) => {
    expect(verify({ body: Buffer.from(batch), signature: sign(text, 'new') })).toBe('valid');
  });

  test('over all of its events, if there are no more than Segment sends', () => {
    const createBatch = (count: number) => {
      const events = Array.from({ length: count }, (_, index) => `{"n":${index}}`);
      const body = Buffer.from(`[${events.map((event) => `{"json":${event}}`).join()}]`);
      return { body, signature: sign(`[${events.join()}]`, 'new') };
    };
    expect(verify(createBatch(4_000))).toBe('valid');
    expect(verify(createBatch(4_001))).toBe('wrong');
  });

  test('over nothing else: not the event in the second element, nor one that is wrapped beside other members', () => {
    expect(verify({ body: Buffer.from(batch), signature: sign(second, 'new') })).toBe('wrong');
    for (const other of [
      `[{"json":${first},"type":"x"}]`,
      `[{"type":"x","json":${first}}]`,
      `[{"json":[${first}]}]`,
    ])
      expect(verify({ body: Buffer.from(other), signature: sign(first, 'new') })).toBe('wrong');
  });
});

describe('the signatures of a request', () => {
  const right = sign(body, 'new');
  const wrong = sign(body, 'other');
  const kindOf = (headers: Record<string, string>) =>
    verifySignature(readSignatures(headers), body, body, ['old', 'new']).kind;

  test.each([
    ['X-Signature', { 'x-signature': right }],
    ['X-Segment-Signature', { 'x-segment-signature': right }],
    ['a header that came twice, the right one first', { 'x-signature': `${right},${wrong}` }],
    ['a header that came twice, the right one last', { 'x-segment-signature': `${wrong}, ${right}` }],
    ['a header that came twice, once malformed', { 'x-signature': `no hex, ${right}` }],
    ['both headers, one of them wrong', { 'x-signature': wrong, 'x-segment-signature': right }],
  ])('are valid if one is: %s', (_, headers) => {
    expect(kindOf(headers)).toBe('valid');
  });

  test('say which secret made them', () => {
    const result = (signature: string) => verifySignature([signature], body, body, ['old', 'new']);
    expect(result(sign(body, 'old'))).toEqual({ kind: 'valid', number: 1 });
    expect(result(right)).toEqual({ kind: 'valid', number: 2 });
  });

  test('are wrong if all are, malformed if none could be one, absent if there is none', () => {
    expect(kindOf({ 'x-signature': `no hex,${wrong}` })).toBe('wrong');
    expect(kindOf({ 'x-signature': 'no hex', 'x-segment-signature': 'neither' })).toBe('malformed');
    expect(kindOf({ 'x-signature': ' , ' })).toBe('absent');
  });
});

describe('a signature is wrong', () => {
  test.each([
    ['over another body', sign('{}', 'new')],
    ['by another secret', sign(body, 'other')],
    ['by an empty secret', sign(body, '')],
  ])('%s', (_, signature) => {
    expect(verify({ signature })).toBe('wrong');
  });

  test('over the second element of an array, over the first of a batch, or over nothing', () => {
    const array = Buffer.from('[{"a":1},{"b":2}]');
    expect(verify({ body: array, signature: sign('{"b":2}', 'new') })).toBe('wrong');
    expect(verify({ body: Buffer.from('[]'), signature: sign('', 'new') })).toBe('wrong');
    const batch = Buffer.from('{"batch":[{"a":1}]}');
    expect(verify({ body: batch, signature: sign('{"a":1}', 'new') })).toBe('wrong');
  });
});

describe('a signature is malformed', () => {
  const sha256 = createHmac('sha256', 'new').update(body).digest('hex');
  const right = sign(body, 'new');

  test.each([
    ['bad hex', `${right.slice(0, -1)}g`],
    ['a digit too few', right.slice(0, -1)],
    ['a byte too few', right.slice(0, -2)],
    ['a byte too many', `${right}00`],
    ['SHA-256', sha256],
    ['a prefix', `sha1=${right}`],
    ['base64', Buffer.from(right, 'hex').toString('base64')],
  ])('with %s', (_, signature) => {
    expect(verify({ signature })).toBe('malformed');
  });
});

test('a signature is absent without the header, and with an empty one', () => {
  expect(verify({ signature: undefined })).toBe('absent');
  expect(verify({ signature: '' })).toBe('absent');
});
