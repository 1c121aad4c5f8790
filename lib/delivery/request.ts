import type { SalesmachinePath } from '../salesmachine/client.ts';
import type { Work } from './queued-event.ts';
import { type Item, keysOf } from './request-operation.ts';

/** All public clients of Salesmachine send at most 100 operations a request. */
export const MAX_OPERATIONS = 100;

/** No limit is public; Segment's own for a batch is 500 KB. */
export const MAX_REQUEST_BYTES = 500_000;

/** One call of Salesmachine's API. */
export type SalesmachineRequest = { path: SalesmachinePath; items: Item[] };

/** What is posted: a bare array; or the one object of an alias call, whose shape is a guess. */
export function bodyOf({ path, items }: SalesmachineRequest): string {
  const json = items.map((item) => item.json).join();
  return path === '/v1/alias' ? json : `[${json}]`;
}

/** What a work must not share with another request: its group, and every contact and account that it touches. */
export const locksOf = (work: Work): string[] => [
  `group ${work.message.groupId}`,
  ...work.parts.flatMap(({ operation }) => keysOf(operation)),
];

/**
 * The works that go into the next request, in order. One that is locked out by a request in flight, or that does not
 * fit, waits, and whatever shares a lock with it waits behind it: nothing overtakes. An alias goes alone.
 */
export function choose(
  pending: readonly Work[],
  { locked, aliasAlone }: { locked: ReadonlySet<string>; aliasAlone: boolean },
): Work[] {
  const taken = new Set(locked);
  const chosen: Work[] = [];
  let operations = 0;
  // A byte goes with each operation: one more than there are commas, one less than commas and brackets.
  let bytes = 1;
  for (const work of pending) {
    const locks = locksOf(work);
    const alone = aliasAlone && isAlias(work);
    const size = work.parts.reduce((sum, part) => sum + Buffer.byteLength(part.json) + 1, 0);
    const fits =
      chosen.length === 0 ||
      (!alone && operations + work.parts.length <= MAX_OPERATIONS && bytes + size <= MAX_REQUEST_BYTES);
    if (!fits || locks.some((lock) => taken.has(lock))) {
      for (const lock of locks) taken.add(lock);
      continue;
    }
    chosen.push(work);
    if (alone) break;
    operations += work.parts.length;
    bytes += size;
    if (operations >= MAX_OPERATIONS) break;
  }
  return chosen;
}

const isAlias = (work: Work) => work.parts.some(({ operation }) => operation.method === 'alias');

/** The call that carries the chosen works: an alias that goes alone has one of its own. */
export const pathOf = (works: readonly Work[], aliasAlone: boolean): SalesmachinePath =>
  aliasAlone && works.some(isAlias) ? '/v1/alias' : '/v1/batch';
