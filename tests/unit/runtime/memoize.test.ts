import { expect, test } from '@jest/globals';
import { memoizeByObject, memoizeByText } from '../../../lib/runtime/memoize.ts';

test('what is made of a text is made once, also where it is nothing', () => {
  const made: string[] = [];
  const measure = memoizeByText((text) => {
    made.push(text);
    return text === '' ? undefined : text.length;
  }, 10);
  for (const text of ['ab', '', 'abc', 'ab', '']) expect(measure(text)).toBe(text.length || undefined);
  expect(made).toEqual(['ab', '', 'abc']);
});

test('no more is kept than the limit, however many texts come', () => {
  const made: string[] = [];
  const keep = memoizeByText((text) => made.push(text), 2);
  for (const text of ['a', 'b', 'b', 'c', 'c', 'a']) keep(text);
  expect(made).toEqual(['a', 'b', 'c', 'a']);
});

test('what is made of an object is made once for that object, not for its like', () => {
  const made: object[] = [];
  const keep = memoizeByObject((list: readonly string[]) => made.push(list));
  const [one, like] = [['a'], ['a']];
  for (const list of [one, like, one, like]) keep(list);
  expect(made).toEqual([one, like]);
});
