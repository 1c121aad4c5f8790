import {
  createFakeSalesmachine,
  errorResponse,
  type FakeResponse,
} from '../../lib/local/salesmachine/fake-salesmachine.ts';
import { startFakeServer } from '../../lib/local/salesmachine/fake-server.ts';
import type { Operation } from '../../lib/salesmachine/operation.ts';

/** What becomes of a request instead of a good answer. */
export type Fault = {
  name: string;
  /** It is applied, though its sender is not told so. */
  applies: boolean;
  end: ((now: number) => FakeResponse) | 'hang' | 'close';
};

export const FAULTS: readonly Fault[] = [
  { name: 'answers 429', applies: false, end: throttledAnswer },
  { name: 'answers 500', applies: false, end: () => errorResponse(500, 'Something went wrong.') },
  { name: 'answers 401', applies: false, end: () => errorResponse(401, 'The API key is wrong or missing.') },
  { name: 'hangs', applies: false, end: 'hang' },
  { name: 'hangs after applying', applies: true, end: 'hang' },
  { name: 'closes the connection', applies: false, end: 'close' },
  { name: 'closes the connection after applying', applies: true, end: 'close' },
];

/** As if the quota were used up until the next full second. */
function throttledAnswer(now: number): FakeResponse {
  const answer = errorResponse(429, 'The rate limit is exceeded.');
  return { ...answer, headers: { ...answer.headers, 'x-ratelimit-reset': String(Math.ceil(now / 1_000)) } };
}

/** A fake Salesmachine, without a quota, with one fault or another, or none. */
export async function startUnreliableSalesmachine(
  credential: { token: string; secret: string },
  now: () => number = Date.now,
) {
  const fake = createFakeSalesmachine({
    credential,
    limit: { requests: 1_000_000, windowSeconds: 1 },
    now,
  });
  const appliedOperations = () => fake.state().operations;
  const hits = new Map<Fault, number>();
  const unconfirmed: Operation[] = [];
  let activeFault: Fault | undefined;

  const server = await startFakeServer({
    async handle(request) {
      if (activeFault === undefined) return fake.handle(request);
      const { applies, end } = activeFault;
      if (applies) {
        const before = appliedOperations().length;
        fake.handle(request);
        unconfirmed.push(...appliedOperations().slice(before));
      }
      hits.set(activeFault, (hits.get(activeFault) ?? 0) + 1);
      if (end === 'close') throw new Error('The connection is closed.');
      return end === 'hang' ? new Promise(() => undefined) : end(now());
    },
  });

  return {
    ...server,
    /** From now on every request, pings too, meets this fault; with none, all is well again. */
    inject(fault?: Fault): void {
      activeFault = fault;
    },
    /** How many requests have met the fault. */
    hits: (fault: Fault): number => hits.get(fault) ?? 0,
    /** In order of arrival. */
    applied: appliedOperations,
    /** What was applied without its sender being told so: the sender has every reason to send it again. */
    unconfirmed: (): readonly Operation[] => unconfirmed,
  };
}
