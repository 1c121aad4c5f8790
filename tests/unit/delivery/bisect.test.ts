import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AttemptResult, Rejection } from '../../../lib/delivery/attempt.ts';
import { bisect } from '../../../lib/delivery/bisect.ts';

const when = { at: 0, acceptedBefore: 0, mayGoUnproven: true };
const REJECTED: Rejection = {
  outcome: 'rejected',
  reason: 'rejected',
  status: 422,
  detail: 'refused',
  ...when,
};
const TOO_LARGE: Rejection = {
  ...when,
  outcome: 'too_large',
  reason: 'too_large',
  status: 413,
  detail: 'too much',
};
const FAILED: Rejection = {
  ...when,
  outcome: 'transient',
  reason: 'server_error',
  status: 500,
  detail: 'broken',
};

/** Why a server refuses what comes together; undefined: it takes it. */
type Responder = (together: readonly number[], request: number) => Rejection | 'stopped' | undefined;

/** Bisects what was refused together, with a server that judges. */
async function runBisect(
  suspects: readonly number[],
  firstRejection: Rejection,
  respond: Responder,
  mayLeave: (suspect: number) => boolean = () => false,
) {
  const left: number[] = [];
  const requests: { some: readonly number[] }[] = [];
  const delivered: number[] = [];
  const rejections = new Map<number, Rejection>();
  const isComplete = await bisect(suspects, firstRejection, {
    async send(some): Promise<AttemptResult> {
      expect(some).not.toEqual([]);
      const result = respond(some, requests.push({ some }) - 1);
      if (result === 'stopped') return { kind: 'undecided' };
      if (result !== undefined) return { kind: 'rejected', rejection: result };
      delivered.push(...some);
      return { kind: 'delivered' };
    },
    dismiss(behind) {
      left.push(...behind.filter(mayLeave));
      return behind.filter((suspect) => !mayLeave(suspect));
    },
    async reject(suspect, rejection) {
      expect(rejections.has(suspect)).toBe(false);
      rejections.set(suspect, rejection);
      return true;
    },
  });
  return { isComplete, requests, delivered, rejections, left };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
const hundred = upTo(100);
const anyOf = (rejected: readonly number[], rejection: Rejection): Responder => {
  const set = new Set(rejected);
  return (together) => (together.some((suspect) => set.has(suspect)) ? rejection : undefined);
};

test('what stands behind a part that is refused leaves the search, if it may', async () => {
  const { isComplete, requests, rejections, delivered, left } = await runBisect(
    hundred,
    REJECTED,
    anyOf([30], REJECTED),
    (suspect) => suspect !== 99,
  );
  expect([...rejections.keys()]).toEqual([30]);
  expect([...delivered, ...left, 30].sort((a, b) => a - b)).toEqual(hundred);
  expect(left).toEqual(expect.arrayContaining(upTo(49).map((index) => 50 + index)));
  expect(requests.at(-1)?.some).toEqual([99]);
  expect(isComplete).toBe(true);
});

test('nothing is sent of what stands behind it, if all of it may leave', async () => {
  const { requests, left } = await runBisect(upTo(8), REJECTED, anyOf([0], REJECTED), () => true);
  expect(requests.map(({ some }) => some)).toEqual([upTo(4), upTo(2), [0]]);
  expect(left.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('a rejection after which delivery pauses ends the search', async () => {
  const requests: (readonly number[])[] = [];
  const isComplete = await bisect(upTo(4), REJECTED, {
    async send(some) {
      requests.push(some);
      return { kind: 'rejected', rejection: REJECTED };
    },
    dismiss: (behind) => behind,
    reject: async () => false,
  });
  expect(requests).toEqual([[0, 1], [0]]);
  expect(isComplete).toBe(false);
});

describe('what is bad in a batch', () => {
  const batches = fc.integer({ min: 1, max: 100 }).chain((count) =>
    fc.record({
      suspects: fc.constant(upTo(count)),
      bad: fc.subarray(upTo(count), { minLength: 1, maxLength: Math.min(count, 6) }),
    }),
  );

  test.each([REJECTED, TOO_LARGE, FAILED])(
    'is found exactly, and the rest delivered once, in order: %j',
    async (rejection) => {
      await fc.assert(
        fc.asyncProperty(batches, async ({ suspects, bad: rejected }) => {
          const { requests, delivered, rejections } = await runBisect(
            suspects,
            rejection,
            anyOf(rejected, rejection),
          );
          const good = suspects.filter((suspect) => !rejected.includes(suspect));
          expect(delivered).toEqual(good.slice(0, delivered.length));
          if (requests.length < 40) {
            expect([...rejections]).toEqual(rejected.map((suspect) => [suspect, rejection]));
            expect(delivered).toEqual(good);
          } else {
            expect(rejected).toEqual(expect.arrayContaining([...rejections.keys()]));
          }
        }),
      );
    },
  );

  test('alone costs at most 14 requests beside the first, wherever it stands, and some nine on average', async () => {
    const costs = await Promise.all(
      hundred.map(
        async (rejected) => (await runBisect(hundred, REJECTED, anyOf([rejected], REJECTED))).requests.length,
      ),
    );
    expect(Math.max(...costs)).toBeLessThanOrEqual(14);
    expect(costs.reduce((sum, cost) => sum + cost, 0) / 100).toBeLessThanOrEqual(9);
  });

  test('is rejected without another request if it is alone', async () => {
    const { requests, rejections } = await runBisect([7], REJECTED, anyOf([7], REJECTED));
    expect(requests).toEqual([]);
    expect(rejections.get(7)).toBe(REJECTED);
  });
});

describe('a batch that is all bad', () => {
  test('costs 40 requests, and what these did not find is not rejected', async () => {
    const { requests, delivered, rejections } = await runBisect(hundred, REJECTED, anyOf(hundred, REJECTED));
    expect(requests).toHaveLength(40);
    expect(delivered).toEqual([]);
    expect(rejections.size).toBeLessThan(40);
    for (const suspect of rejections.keys())
      expect(requests).toContainEqual(expect.objectContaining({ some: [suspect] }));
  });
});

describe('where time runs out', () => {
  test.each([0, 1, 2, 5, 8])(
    'after %i requests, nothing more is sent, and no event is rejected for it',
    async (last) => {
      const rejected = [3, 40, 77];
      const respond: Responder = (some, request) =>
        request < last ? anyOf(rejected, REJECTED)(some, request) : 'stopped';
      const { requests, rejections } = await runBisect(hundred, REJECTED, respond);
      expect(requests).toHaveLength(last + 1);
      expect(rejected).toEqual(expect.arrayContaining([...rejections.keys()]));
    },
  );
});

describe('what was too large together', () => {
  /** A server that takes 50 at a time. */
  const respond: Responder = (together) => (together.length > 50 ? TOO_LARGE : undefined);

  test('is delivered in parts, and none of it is rejected', async () => {
    const { requests, delivered, rejections } = await runBisect(hundred, TOO_LARGE, respond);
    expect(requests.map(({ some }) => some.length)).toEqual([50, 50]);
    expect(delivered).toEqual(hundred);
    expect(rejections.size).toBe(0);
  });

  test('is rejected if it is too large alone, without any word about its neighbours', async () => {
    const giant: Responder = (together, request) =>
      together.includes(60) ? TOO_LARGE : respond(together, request);
    const { delivered, rejections } = await runBisect(hundred, TOO_LARGE, giant);
    expect([...rejections.keys()]).toEqual([60]);
    expect(delivered).toEqual(hundred.filter((suspect) => suspect !== 60));
  });
});

describe("a server's error", () => {
  test('is found by what it gives alone', async () => {
    const { requests, rejections } = await runBisect(hundred, FAILED, anyOf([42], FAILED));
    expect([...rejections.keys()]).toEqual([42]);
    expect(requests).toContainEqual({ some: [42] });
  });

  test('that does not come again is no operation’s fault: all is delivered', async () => {
    const { delivered, rejections } = await runBisect(hundred, FAILED, () => undefined);
    expect(rejections.size).toBe(0);
    expect(delivered.toSorted((a, b) => a - b)).toEqual(hundred);
  });
});

describe('an operation is rejected only for', () => {
  test("a server's error that it gives alone, even if the batch was rejected for another's sake", async () => {
    // A single error on the way, while number 90 is bad.
    const respond: Responder = (some, request) =>
      request === 0 ? FAILED : anyOf([90], REJECTED)(some, request);
    const { delivered, rejections } = await runBisect(hundred, REJECTED, respond);
    expect([...rejections]).toEqual([[90, REJECTED]]);
    expect(delivered.toSorted((a, b) => a - b)).toEqual(hundred.filter((suspect) => suspect !== 90));
  });

  test("its own size, even if the batch was rejected for another's sake", async () => {
    // The server looks at the operations first, then at the size.
    const respond: Responder = (some, request) =>
      anyOf([90], REJECTED)(some, request) ?? (some.length > 30 ? TOO_LARGE : undefined);
    const { delivered, rejections } = await runBisect(hundred, REJECTED, respond);
    expect([...rejections]).toEqual([[90, REJECTED]]);
    expect(delivered).toEqual(hundred.filter((suspect) => suspect !== 90));
  });

  test('what is refused when it comes alone, not for what it makes together with another', async () => {
    // Two updates of one contact that are merged, and then have too many attributes.
    const respond: Responder = (some) => (some.includes(10) && some.includes(11) ? REJECTED : undefined);
    const { delivered, rejections } = await runBisect(hundred, REJECTED, respond);
    expect(rejections.size).toBe(0);
    expect(delivered).toEqual(hundred);
  });
});
