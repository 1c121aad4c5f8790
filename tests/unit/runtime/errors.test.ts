import { expect, test } from '@jest/globals';
import { errorName } from '../../../lib/runtime/errors.ts';

test.each([
  [new TypeError('canary'), 'TypeError'],
  [Object.assign(new Error('connect canary'), { code: 'ECONNRESET' }), 'ECONNRESET'],
  [Object.assign(new TypeError('canary'), { code: 'ERR_INVALID_URL' }), 'TypeError'],
  [Object.assign(new Error('canary'), { code: 7 }), 'Error'],
  ['canary', 'unknown'],
])('of %p only its class, or its code, is told: %s', (error, name) => {
  expect(errorName(error)).toBe(name);
});
