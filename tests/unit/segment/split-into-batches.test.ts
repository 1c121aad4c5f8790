import { expect, test } from '@jest/globals';
import type { Json } from '../../../lib/runtime/json.ts';
import { type Batch, splitIntoBatches } from '../../../lib/segment/split-into-batches.ts';

async function* numbers(count: number): AsyncGenerator<Json> {
  for (let number = 1; number <= count; number++) yield { number };
}

async function* these(...events: Json[]): AsyncGenerator<Json> {
  yield* events;
}

async function collect(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

test('batches hold so many events, in their order, and the last one the rest', async () => {
  const batches = await collect(splitIntoBatches(numbers(7), { size: 3, skip: 0 }));
  expect(batches.map((batch) => batch.map((json) => JSON.parse(json).number))).toEqual([
    [1, 2, 3],
    [4, 5, 6],
    [7],
  ]);
});

test('the first events can be left out, and there may be none left', async () => {
  const batches = await collect(splitIntoBatches(numbers(7), { size: 3, skip: 5 }));
  expect(batches).toEqual([['{"number":6}', '{"number":7}']]);
  expect(await collect(splitIntoBatches(numbers(7), { size: 3, skip: 7 }))).toEqual([]);
});

test('large events go fewer at a time, so that a request fits; one alone goes anyhow', async () => {
  const large = 'é'.repeat(700_000);
  const batches = await collect(
    splitIntoBatches(these(large, large, large, large.repeat(3)), { size: 100, skip: 0 }),
  );
  expect(batches.map((batch) => batch.length)).toEqual([2, 1, 1]);
});

test('a request may have 3 MB, and holds no batch before an event that is larger', async () => {
  const half = 'x'.repeat(1_500_000 - 2);
  const count = async (...events: Json[]) =>
    (await collect(splitIntoBatches(these(...events), { size: 100, skip: 0 }))).map(({ length }) => length);
  expect(await count(half, half)).toEqual([2]);
  expect(await count(half, `${half}x`)).toEqual([1, 1]);
  expect(await count(half + half)).toEqual([1]);
  expect(await count(`${half}${half}xxx`, half)).toEqual([1, 1]);
});

test('an event that is nested too deep is named', async () => {
  const deep = Array.from({ length: 600 }).reduce<Json>((inner) => [inner], 1);
  await expect(collect(splitIntoBatches(these({}, deep), { size: 1, skip: 0 }))).rejects.toThrow(
    'event 2 is nested more than 500 levels deep',
  );
});
