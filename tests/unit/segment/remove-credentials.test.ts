import { describe, expect, test } from '@jest/globals';
import { removeCredentials } from '../../../lib/segment/remove-credentials.ts';

describe('what cannot be read keeps all but the credentials', () => {
  test.each([
    ['{"batch":[oops],"writeKey":"w-1"}', '{"batch":[oops],"writeKey":"[removed]"}'],
    ['{"writeKey" : "w\\"-1","batch":[', '{"writeKey" : "[removed]","batch":['],
    ['{"batch":[oops],"writeKey":"w-', '{"batch":[oops],"writeKey":"[removed]'],
    ['writeKey=t-1&type=track', 'writeKey=[removed]&type=track'],
    ['{"a":"t-1","b":"t-1t-2"', '{"a":"[removed]","b":"[removed][removed]"'],
    ['{"writeKeys":"w-1","key":"writeKey"', '{"writeKeys":"w-1","key":"writeKey"'],
  ])('%s', (text, expected) => {
    expect(removeCredentials(text, ['t-1', 't-2'])).toBe(expected);
  });

  test('in bytes that are no text, which stay the bytes that they are', () => {
    const [before, after] = [Buffer.of(0xff, 0x00), Buffer.of(0xfe)];
    const bytes = Buffer.concat([before, Buffer.from('"writeKey":"é"tök'), after]);
    expect(removeCredentials(bytes, ['tök'])).toEqual(
      Buffer.concat([before, Buffer.from('"writeKey":"[removed]"[removed]'), after]),
    );
  });
});
