import { describe, expect, test } from '@jest/globals';
import { readTokens, verifyToken } from '../../../lib/segment/credentials.ts';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const readFrom = (authorization: string | undefined, body?: string) =>
  readTokens({ authorization }, body === undefined ? undefined : Buffer.from(body));

describe('a request presents', () => {
  test.each([
    ['a Bearer token', 'Bearer t-1', ['t-1']],
    ['a Bearer token, in any case and spacing', ' bearer   t-1 ', ['t-1']],
    ['a Basic user name, without a password', basic('t-1:'), ['t-1']],
    ['a Basic user name, whatever the password', basic('t-1:pass:word'), ['t-1']],
    ['a Basic user name without a colon', basic('t-1'), ['t-1']],
    ['a Basic user name in UTF-8', basic('tök:'), ['tök']],
    ['no token in another scheme', 'Digest t-1', []],
    ['no token in a scheme that is none', 'constructor t-1', []],
    ['no token without a scheme', 't-1', []],
    ['no token but a scheme', 'Bearer', []],
    ['no user name', basic(':password'), []],
    ['nothing at all', '', []],
    ['no header', undefined, []],
  ])('%s', (_, authorization, tokens) => {
    expect(readFrom(authorization)).toEqual(tokens);
  });

  test.each([
    ['the write key of a batch', '{"batch":[{"writeKey":"x"}],"writeKey":"w-1","sentAt":null}', ['w-1']],
    ['a write key that holds an escape', ' { "writeKey" : "w\\u002d1" }', ['w-1']],
    ['no write key from within', '{"batch":[{"writeKey":"x"}],"context":{"writeKey":"y"}}', []],
    ['no write key that is no string', '{"writeKey":7}', []],
    ['no empty write key', '{"writeKey":""}', []],
    ['no write key of an array', '[{"writeKey":"x"}]', []],
    ['the write key of a broken body', '{"writeKey":"w-1","batch":[oops', ['w-1']],
    ['no write key of an empty body', '', []],
  ])('%s', (_, body, tokens) => {
    expect(readFrom(undefined, body)).toEqual(tokens);
  });

  test('the header only, and no write key beside it', () => {
    expect(readFrom('Bearer t-1', '{"writeKey":"w-1"}')).toEqual(['t-1']);
  });

  test('the write key where the header carries no token', () => {
    expect(readFrom('Digest t-1', '{"writeKey":"w-1"}')).toEqual(['w-1']);
  });

  test('no write key behind more members than any SDK writes', () => {
    expect(readFrom(undefined, `{${'"":0,'.repeat(100)}"writeKey":"w-1"}`)).toEqual([]);
  });

  test.each([
    ['Bearer t-1, Bearer t-2', ['t-1', 't-2']],
    [`Bearer t-1,${basic('t-2:')}`, ['t-1', 't-2']],
    ['Digest t-1, bearer t-2', ['t-2']],
    ['Bearer t-1,t-2', ['t-1,t-2']],
  ])('every token of a header that came twice: %s', (authorization, tokens) => {
    expect(readFrom(authorization)).toEqual(tokens);
  });
});

describe('verifyToken', () => {
  test.each<[string[], string[], string]>([
    [['new'], ['old', 'new'], 'valid'],
    [['old'], ['old', 'new'], 'valid'],
    [['wrong', 'new'], ['old', 'new'], 'valid'],
    [['wrong'], ['old', 'new'], 'wrong'],
    [['ne'], ['new'], 'wrong'],
    [['newer'], ['new'], 'wrong'],
    [['NEW'], ['new'], 'wrong'],
    [['x'.repeat(100_000)], ['new'], 'wrong'],
    [[''], ['new'], 'wrong'],
    [[], ['new'], 'absent'],
    [['new'], [], 'wrong'],
  ])('case %#: presented %j of %j is %s', (presentedTokens, tokens, result) => {
    expect(verifyToken(presentedTokens, tokens).kind).toBe(result);
  });

  test('says which of our tokens it is', () => {
    expect(verifyToken(['wrong', 'new'], ['old', 'new'])).toEqual({ kind: 'valid', number: 2 });
  });
});
