import { hash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toLoggableId } from '../../../lib/telemetry/message-id.ts';

const UUID = '022bb90c-bbac-11e4-8dfc-aa07a5b093db';
const MD5 = 'e2ab8d2fee4bb7ba4fba7f2b4d3cfc6e';

test.each([
  UUID,
  `ajs-next-1700000000000-${UUID}`,
  `ajs-${MD5}`,
  `node-next-1700000000000-${UUID}`,
  `node-${MD5}-${UUID}`,
  'api-2Yb3sPVyUWcB1sD5uJq0mEw7kZl',
  'personas_1HYFCpHbjZqDKkEbo7P5lbTXsj9',
])('%s, as Segment makes them, is logged as it is', (id) => {
  expect(toLoggableId(id)).toBe(id);
});

test.each([
  'anna@example.com',
  'anna',
  '+49 170 1234567',
  '491701234567',
  `anna-${UUID}`,
  `${UUID}@example.com`,
  `${UUID}\n`,
  'order-1042',
  '',
])('%j is only logged as its hash', (id) => {
  expect(toLoggableId(id)).toBe(hash('sha256', id).slice(0, 16));
});

test('whatever comes, what is logged is short and plain', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (id) => /^[\w-]{16,100}$/.test(toLoggableId(id))));
});
