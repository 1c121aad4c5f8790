import { expect, test } from '@jest/globals';
import { createTable, openTemporaryDatabase } from '../../../lib/local/salesmachine/temporary-table.ts';

const createNumbers = () => createTable<number>(openTemporaryDatabase(), 'numbers');

test('keeps the order in which the keys came, also of a key whose value is set again', () => {
  const table = createNumbers();
  for (const [key, value] of [
    ['b', 1],
    ['a', 2],
    ['b', 3],
  ] as const)
    table.set(key, value);
  expect([...table.entries()]).toEqual([
    ['b', 3],
    ['a', 2],
  ]);
  expect(table.latest(1)).toEqual([['a', 2]]);
  expect([table.size, table.get('b'), table.get('c')]).toEqual([2, 3, undefined]);
});

test('a key that is deleted is gone, and its neighbours are not', () => {
  const table = createNumbers();
  for (const key of ['a', 'b', 'c']) table.set(key, 0);
  table.delete('b');
  table.delete('never there');
  expect([...table.entries()].map(([key]) => key)).toEqual(['a', 'c']);
  expect(table.size).toBe(2);
});

test.each(['', '__proto__', "it's", '\u0000', 'a\u0000b', '\ud800', 'é', 'e\u0301', '😀'])(
  'takes any text as a key and as a value: %j',
  (text) => {
    const table = createTable<{ text: string }>(openTemporaryDatabase(), 'texts');
    table.set('another', { text: '' });
    table.set(text, { text });
    expect(table.get(text)).toEqual({ text });
    expect(table.latest(1)).toEqual([[text, { text }]]);
  },
);

test('a reader of many pages sees each key once, though the table changes in the meantime', () => {
  const table = createNumbers();
  for (let key = 0; key < 5_000; key += 1) table.set(`${key}`, key);
  const read: string[] = [];
  for (const [key, value] of table.entries()) {
    read.push(key);
    if (value % 2 === 0) table.set(key, -1);
    if (value === 10) table.delete('4999');
  }
  expect(read).toEqual(Array.from({ length: 4_999 }, (_, key) => `${key}`));
});
