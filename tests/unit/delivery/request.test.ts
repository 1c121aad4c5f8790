import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { merge } from '../../../lib/delivery/merge.ts';
import type { Work } from '../../../lib/delivery/queued-event.ts';
import { bodyOf, choose, locksOf, MAX_REQUEST_BYTES, pathOf } from '../../../lib/delivery/request.ts';
import type { JsonObject } from '../../../lib/runtime/json.ts';
import { identify, track, workFor } from '../../support/delivery.ts';

const FREE: ReadonlySet<string> = new Set();

const alias = (userId: string, previousId: string): JsonObject => ({ type: 'alias', userId, previousId });
const group = (userId: string, groupId: string): JsonObject => ({ type: 'group', userId, groupId });

const worksFor = (...events: JsonObject[]) => events.map((event) => workFor(event));
const next = (pending: readonly Work[], locked = FREE, aliasAlone = true) =>
  choose(pending, { locked, aliasAlone });
const requestOf = (works: readonly Work[], aliasAlone = true) =>
  bodyOf({ path: pathOf(works, aliasAlone), items: merge(works.flatMap(({ parts }) => parts)) });

/** Sends everything, one request after the other: the works of each. */
function requestsOf(pending: readonly Work[]): Work[][] {
  const requests: Work[][] = [];
  for (let left = pending; left.length > 0; left = left.filter((work) => !requests.at(-1)?.includes(work))) {
    requests.push(next(left));
    if (requests.at(-1)?.length === 0) throw new Error('Nothing is chosen though nothing is locked.');
  }
  return requests;
}

describe('a request holds', () => {
  test('at most a hundred operations', () => {
    const works = Array.from({ length: 250 }, (_, index) => workFor(track(`u${index}`)));
    expect(requestsOf(works)).toEqual([works.slice(0, 100), works.slice(100, 200), works.slice(200)]);
  });

  test('all of an event or nothing of it', () => {
    const singles = Array.from({ length: 99 }, (_, index) => workFor(track(`u${index}`)));
    const pair = workFor({ type: 'page', userId: 'reader', name: 'Home' });
    const small = workFor(track('last'));
    expect(requestsOf([...singles, pair, small])).toEqual([[...singles, small], [pair]]);
  });

  test('at most 500 KB, to the byte', () => {
    const works = Array.from({ length: 4 }, (_, index) => workFor(track(`u${index}`, 'é'.repeat(20_000))));
    const filler = (bytes: number) =>
      workFor(track('filler', 'x', { properties: { pad: 'x'.repeat(bytes) } }));
    const room = MAX_REQUEST_BYTES - Buffer.byteLength(requestOf([...works, filler(0)]));
    const exact = [...works, filler(room)];
    const over = [...works, filler(room + 1)];
    expect(Buffer.byteLength(requestOf(exact))).toBe(MAX_REQUEST_BYTES);
    expect(next(exact)).toHaveLength(5);
    expect(next(over)).toHaveLength(4);
  });

  test('an event alone that is larger than that', () => {
    const [before, giant, after] = worksFor(
      track('u1'),
      track('u2', 'x', { properties: { pad: 'x'.repeat(600_000) } }),
      track('u3'),
    );
    if (!before || !giant || !after) throw new Error('There are three.');
    expect(requestsOf([before, giant, after])).toEqual([[before, after], [giant]]);
  });

  test('several events of one contact', () => {
    const works = worksFor(identify('u1', {}), track('u1'), group('u1', 'g1'), track('u1'));
    expect(next(works)).toEqual(works);
  });
});

describe('while a request is in flight', () => {
  test("what touches its contacts, accounts or messages' groups waits, and nothing else", () => {
    const [sent, same, sameAccount, aliased, free, inGroup] = [
      workFor(group('u1', 'g1')),
      workFor(track('u1')),
      workFor(group('u2', 'g1')),
      workFor(alias('u3', 'u1')),
      workFor(track('u4')),
      workFor(track('u5'), { groupId: 'group of "u1"' }),
    ];
    expect(next([same, sameAccount, aliased, inGroup, free], new Set(locksOf(sent)))).toEqual([free]);
  });

  test('what waits is not overtaken by what comes after it, by whichever way they are tied', () => {
    const [first, second, third, free] = [
      workFor(group('u1', 'g1')),
      workFor(group('u2', 'g1')),
      workFor(track('u2')),
      workFor(track('u3')),
    ];
    expect(next([first, second, third, free], new Set(['contact u1']))).toEqual([free]);
  });

  test('a contact and an account of one id are not in each other’s way', () => {
    const account = workFor({ type: 'group', groupId: 'u1' }, { groupId: 'another' });
    expect(next([account], new Set(['contact u1', 'group group of "u1"']))).toEqual([account]);
  });
});

describe('an alias', () => {
  test('goes alone, after what came before it, and before what comes after it, for those of its ids', () => {
    const [before, link, after, other, another] = [
      workFor(track('old')),
      workFor(alias('new', 'old')),
      workFor(track('new')),
      workFor(track('u1')),
      workFor(track('u2')),
    ];
    const requests = requestsOf([before, link, after, other, another]);
    expect(requests).toEqual([[before, other, another], [link], [after]]);
    expect(requests.map((works) => pathOf(works, true))).toEqual(['/v1/batch', '/v1/alias', '/v1/batch']);
  });

  test('first in line is sent alone, though others would fit', () => {
    const [link, other] = [workFor(alias('new', 'old')), workFor(track('u1'))];
    expect(next([link, other])).toEqual([link]);
    expect(JSON.parse(requestOf([link]))).toEqual({
      method: 'alias',
      contact_uid: 'new',
      previous_contact_uid: 'old',
    });
  });

  test('goes with the others where it is set so', () => {
    const works = worksFor(track('old'), alias('new', 'old'), track('u1'));
    expect(next(works, FREE, false)).toEqual(works);
    expect(pathOf(works, false)).toBe('/v1/batch');
    expect(JSON.parse(requestOf(works, false))).toHaveLength(3);
  });
});

test('however requests overlap, nothing of a contact or account is sent before what came earlier', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
  const event: fc.Arbitrary<JsonObject> = fc.oneof(
    { arbitrary: id.map((userId) => track(userId)), weight: 3 },
    { arbitrary: fc.tuple(id, id).map(([userId, groupId]) => group(userId, groupId)), weight: 2 },
    { arbitrary: fc.tuple(id, id).map(([userId, previousId]) => alias(userId, previousId)), weight: 1 },
  );
  // Which request in flight ends before the next is chosen; of nothing in flight, none.
  const ends = fc.infiniteStream(fc.nat({ max: 3 }));
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), ends, (events, stream) => {
      let pending: Work[] = worksFor(...events);
      const order = new Map(pending.map((work, index) => [work, index]));
      let inFlight: Work[][] = [];
      const lastOf = new Map<string, number>();
      while (pending.length > 0) {
        const locked = new Set(inFlight.flat().flatMap(locksOf));
        const works = next(pending, locked);
        if (works.length === 0 || inFlight.length === 4) {
          expect(inFlight.length).toBeGreaterThan(0);
          inFlight = inFlight.toSpliced((stream.next().value ?? 0) % inFlight.length, 1);
          continue;
        }
        for (const work of works) {
          for (const lock of locksOf(work)) {
            expect(locked).not.toContain(lock);
            const index = order.get(work) ?? -1;
            expect(index).toBeGreaterThanOrEqual(lastOf.get(lock) ?? 0);
            lastOf.set(lock, index);
          }
        }
        pending = pending.filter((work) => !works.includes(work));
        inFlight.push(works);
      }
    }),
  );
});
