import { expect, test } from '@jest/globals';
import { findFailedIds } from '../../../lib/local/aws/batch-response.ts';

const batch = new Set(['a', 'b', 'c']);
const all = ['a', 'b', 'c'];
const failure = (itemIdentifier: unknown) => ({ itemIdentifier });

test.each<[string, unknown, string[]]>([
  ['no answer', undefined, []],
  ['null', null, []],
  ['an empty object', {}, []],
  ['an empty list', { batchItemFailures: [] }, []],
  ['a null list', { batchItemFailures: null }, []],
  ['a list under a misspelt name', { batchItemFailure: [failure('b')] }, []],
  ['one failure', { batchItemFailures: [failure('b')] }, ['b']],
  ['the same failure twice', { batchItemFailures: [failure('b'), failure('b')] }, ['b']],
  ['every message', { batchItemFailures: all.map(failure) }, all],
  ['an empty identifier', { batchItemFailures: [failure('b'), failure('')] }, all],
  ['a null identifier', { batchItemFailures: [failure('b'), failure(null)] }, all],
  ['a number as identifier', { batchItemFailures: [failure('b'), failure(1)] }, all],
  ['an identifier under a misspelt name', { batchItemFailures: [{ itemId: 'b' }] }, all],
  ['an identifier of no message in the batch', { batchItemFailures: [failure('b'), failure('z')] }, all],
  ['an identifier that is not in an object', { batchItemFailures: ['b'] }, all],
  ['a list that is none', { batchItemFailures: 'b' }, all],
  ['a string', 'done', all],
  ['an array', [], all],
])('%s: the messages that come back are as documented', (_, answer, expected) => {
  expect([...findFailedIds(answer, batch)]).toEqual(expected);
});
