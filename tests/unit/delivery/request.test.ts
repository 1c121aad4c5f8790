import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { merge } from '../../../lib/delivery/merge.ts';
import type { QueuedEvent } from '../../../lib/delivery/queued-event.ts';
import {
  MAX_REQUEST_BYTES,
  orderingKeys,
  requestBody,
  requestPath,
  selectNextEvents,
  selectSeparable,
} from '../../../lib/delivery/request.ts';
import type { JsonObject } from '../../../lib/runtime/json.ts';
import { createQueuedEvent, identify, track } from '../../support/delivery.ts';

const FREE: ReadonlySet<string> = new Set();

const alias = (userId: string, previousId: string): JsonObject => ({ type: 'alias', userId, previousId });
const group = (userId: string, groupId: string): JsonObject => ({ type: 'group', userId, groupId });

const createQueuedEvents = (...events: JsonObject[]) => events.map((event) => createQueuedEvent(event));
const next = (pending: readonly QueuedEvent[], locked = FREE, aliasAlone = true) =>
  selectNextEvents(pending, { locked, aliasAlone });
const toBody = (queuedEvents: readonly QueuedEvent[], aliasAlone = true) =>
  requestBody({
    path: requestPath(queuedEvents, aliasAlone),
    operations: merge(queuedEvents.flatMap(({ operations }) => operations)),
  });

/** Sends everything, one request after the other: the works of each. */
function selectAll(pending: readonly QueuedEvent[]): QueuedEvent[][] {
  const requests: QueuedEvent[][] = [];
  for (
    let left = pending;
    left.length > 0;
    left = left.filter((queuedEvent) => !requests.at(-1)?.includes(queuedEvent))
  ) {
    requests.push(next(left));
    if (requests.at(-1)?.length === 0) throw new Error('Nothing is chosen though nothing is locked.');
  }
  return requests;
}

describe('a request holds', () => {
  test('at most a hundred operations', () => {
    const queuedEvents = Array.from({ length: 250 }, (_, index) => createQueuedEvent(track(`u${index}`)));
    expect(selectAll(queuedEvents)).toEqual([
      queuedEvents.slice(0, 100),
      queuedEvents.slice(100, 200),
      queuedEvents.slice(200),
    ]);
  });

  test('all of an event or nothing of it', () => {
    const singles = Array.from({ length: 99 }, (_, index) => createQueuedEvent(track(`u${index}`)));
    const pair = createQueuedEvent({ type: 'page', userId: 'reader', name: 'Home' });
    const small = createQueuedEvent(track('last'));
    expect(selectAll([...singles, pair, small])).toEqual([[...singles, small], [pair]]);
  });

  test('at most 500 KB, to the byte', () => {
    const queuedEvents = Array.from({ length: 4 }, (_, index) =>
      createQueuedEvent(track(`u${index}`, 'é'.repeat(20_000))),
    );
    const filler = (bytes: number) =>
      createQueuedEvent(track('filler', 'x', { properties: { pad: 'x'.repeat(bytes) } }));
    const room = MAX_REQUEST_BYTES - Buffer.byteLength(toBody([...queuedEvents, filler(0)]));
    const exact = [...queuedEvents, filler(room)];
    const over = [...queuedEvents, filler(room + 1)];
    expect(Buffer.byteLength(toBody(exact))).toBe(MAX_REQUEST_BYTES);
    expect(next(exact)).toHaveLength(5);
    expect(next(over)).toHaveLength(4);
  });

  test('an event alone that fills it', () => {
    const [before, giant, after] = createQueuedEvents(
      track('u1'),
      track('u2', 'x', { properties: { pad: 'x'.repeat(499_800) } }),
      track('u3'),
    );
    if (!before || !giant || !after) throw new Error('There are three.');
    expect(selectAll([before, giant, after])).toEqual([[before, after], [giant]]);
  });

  test('several events of one contact', () => {
    const queuedEvents = createQueuedEvents(identify('u1', {}), track('u1'), group('u1', 'g1'), track('u1'));
    expect(next(queuedEvents)).toEqual(queuedEvents);
  });
});

describe('while a request is in flight', () => {
  test("what touches its contacts, accounts or messages' groups waits, and nothing else", () => {
    const [sent, same, sameAccount, aliased, free, inGroup] = [
      createQueuedEvent(group('u1', 'g1')),
      createQueuedEvent(track('u1')),
      createQueuedEvent(group('u2', 'g1')),
      createQueuedEvent(alias('u3', 'u1')),
      createQueuedEvent(track('u4')),
      createQueuedEvent(track('u5'), { groupId: 'group of "u1"' }),
    ];
    expect(next([same, sameAccount, aliased, inGroup, free], new Set(orderingKeys(sent)))).toEqual([free]);
  });

  test('what waits is not overtaken by what comes after it, by whichever way they are tied', () => {
    const [first, second, third, free] = [
      createQueuedEvent(group('u1', 'g1')),
      createQueuedEvent(group('u2', 'g1')),
      createQueuedEvent(track('u2')),
      createQueuedEvent(track('u3')),
    ];
    expect(next([first, second, third, free], new Set(['contact u1']))).toEqual([free]);
  });

  test('a contact and an account of one id are not in each other’s way', () => {
    const account = createQueuedEvent({ type: 'group', groupId: 'u1' }, { groupId: 'another' });
    expect(next([account], new Set(['contact u1', 'group group of "u1"']))).toEqual([account]);
  });
});

describe('an alias', () => {
  test('goes alone, after what came before it, and before what comes after it, for those of its ids', () => {
    const [before, link, after, other, another] = [
      createQueuedEvent(track('old')),
      createQueuedEvent(alias('new', 'old')),
      createQueuedEvent(track('new')),
      createQueuedEvent(track('u1')),
      createQueuedEvent(track('u2')),
    ];
    const requests = selectAll([before, link, after, other, another]);
    expect(requests).toEqual([[before, other, another], [link], [after]]);
    expect(requests.map((queuedEvents) => requestPath(queuedEvents, true))).toEqual([
      '/v1/batch',
      '/v1/alias',
      '/v1/batch',
    ]);
  });

  test('first in line is sent alone, though others would fit', () => {
    const [link, other] = [createQueuedEvent(alias('new', 'old')), createQueuedEvent(track('u1'))];
    expect(next([link, other])).toEqual([link]);
    expect(JSON.parse(toBody([link]))).toEqual({
      method: 'alias',
      contact_uid: 'new',
      previous_contact_uid: 'old',
      created_at: '2026-01-01T00:00:00.000Z',
    });
  });

  test('goes with the others where it is set so', () => {
    const queuedEvents = createQueuedEvents(track('old'), alias('new', 'old'), track('u1'));
    expect(next(queuedEvents, FREE, false)).toEqual(queuedEvents);
    expect(requestPath(queuedEvents, false)).toBe('/v1/batch');
    expect(JSON.parse(toBody(queuedEvents, false))).toHaveLength(3);
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
      let pending: QueuedEvent[] = createQueuedEvents(...events);
      const order = new Map(pending.map((queuedEvent, index) => [queuedEvent, index]));
      let inFlight: QueuedEvent[][] = [];
      const lastOf = new Map<string, number>();
      const expectItsTurn = (queuedEvent: QueuedEvent, locked: ReadonlySet<string>) => {
        for (const lock of orderingKeys(queuedEvent)) {
          expect(locked).not.toContain(lock);
          const index = order.get(queuedEvent) ?? -1;
          expect(index).toBeGreaterThanOrEqual(lastOf.get(lock) ?? 0);
          lastOf.set(lock, index);
        }
      };
      while (pending.length > 0) {
        const locked = new Set(inFlight.flat().flatMap(orderingKeys));
        const queuedEvents = next(pending, locked);
        if (queuedEvents.length === 0 || inFlight.length === 4) {
          expect(inFlight.length).toBeGreaterThan(0);
          inFlight = inFlight.toSpliced((stream.next().value ?? 0) % inFlight.length, 1);
          continue;
        }
        for (const queuedEvent of queuedEvents) expectItsTurn(queuedEvent, locked);
        pending = pending.filter((queuedEvent) => !queuedEvents.includes(queuedEvent));
        inFlight.push(queuedEvents);
      }
    }),
  );
});

describe('events of different lots do not share a request', () => {
  const ofLot = (lot: QueuedEvent['lot'], count: number, changes: { receiveCount?: number } = {}) =>
    Array.from(
      { length: count },
      (_, index): QueuedEvent => ({
        ...createQueuedEvent(track(`${lot} ${index}`), changes),
        lot,
      }),
    );
  const select = (
    pending: readonly QueuedEvent[],
    selection: Partial<Parameters<typeof selectNextEvents>[1]>,
  ) => selectNextEvents(pending, { locked: FREE, aliasAlone: true, ...selection });
  const fresh = ofLot('fresh', 3);
  const returned = ofLot('returned', 9);
  const alone = ofLot('alone', 2);

  test('the first one chooses', () => {
    expect(select([...fresh, ...returned], {})).toEqual(fresh);
    expect(select([...returned.slice(0, 2), ...fresh], {})).toEqual(returned.slice(0, 2));
  });

  test('unless one is asked for', () => {
    expect(select([...fresh, ...returned.slice(0, 2)], { lot: 'returned' })).toEqual(returned.slice(0, 2));
    expect(select(fresh, { lot: 'alone' })).toEqual([]);
  });

  test('few of those that came back go together, for one of them is probably bad', () => {
    const count = select(returned, {}).length;
    expect(count).toBeGreaterThan(1);
    expect(count).toBeLessThan(returned.length);
    expect(select(returned, { maxEvents: 2 })).toEqual(returned.slice(0, 2));
  });

  test('what failed alone goes alone', () => {
    expect(select([...alone, ...fresh], {})).toEqual(alone.slice(0, 1));
  });

  test('so many go as are asked for, and only what was not received too often', () => {
    expect(select(fresh, { maxEvents: 1 })).toEqual(fresh.slice(0, 1));
    const twice = ofLot('fresh', 1, { receiveCount: 2 });
    expect(select([...twice, ...fresh], { maxReceiveCount: 1 })).toEqual(
      fresh.filter(({ message }) => message.groupId !== twice[0]?.message.groupId),
    );
    expect(select(twice, { maxReceiveCount: 2 })).toEqual(twice);
  });
});

test('of the events that may leave a search, those leave that share nothing with one that stays, by whichever way', () => {
  const [bad, tied, tiedToThat, free] = createQueuedEvents(
    track('u1'),
    group('u1', 'g1'),
    group('u2', 'g1'),
    track('u3'),
  );
  if (!bad || !tied || !tiedToThat || !free) throw new Error('There are four.');
  const all = [bad, tied, tiedToThat, free];
  expect(selectSeparable(all, (each) => each !== bad)).toEqual([free]);
  expect(selectSeparable(all, () => true)).toEqual(all);
  expect(selectSeparable(all, (each) => each === tiedToThat)).toEqual([]);
});
