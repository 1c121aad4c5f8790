import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { sign, verifySignature } from '../../../lib/segment/signature.ts';

const body = Buffer.from('{"type":"identify","userId":"é"}');

type Signed = { signature: string | undefined; body?: Buffer; json?: Buffer | undefined; secrets?: string[] };
const verify = ({ signature, body: raw = body, json = raw, secrets = ['old', 'new'] }: Signed) =>
  verifySignature(
    { method: 'POST', path: '/segment', headers: { 'x-signature': signature }, body: raw },
    json,
    secrets,
  );

test('signatureOf is the HMAC-SHA1 that RFC 2202 gives', () => {
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
    const request = {
      method: 'POST',
      path: '/segment',
      body,
      headers: { 'x-signature': sign(body, 'new') },
    };
    expect(verifySignature(request, undefined, ['new'])).toBe('valid');
  });

  test('over a whole array, and over its first element as it stands there', () => {
    const first = '{ "userId":1.0,"é":"]" }';
    for (const array of [`[${first}]`, ` [ ${first} , {"b":2}]`, `[${first},oops`]) {
      expect(verify({ body: Buffer.from(array), signature: sign(array, 'new') })).toBe('valid');
      expect(verify({ body: Buffer.from(array), signature: sign(first, 'new') })).toBe('valid');
    }
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
