import {
  createStandIn,
  refusal,
  type StandInAnswer,
} from '../../lib/local/salesmachine/fake-salesmachine.ts';
import { startStandInServer } from '../../lib/local/salesmachine/fake-server.ts';
import type { Operation } from '../../lib/salesmachine/operation.ts';

/** What becomes of a request instead of a good answer. */
export type Fault = {
  name: string;
  /** It is applied, though its sender is not told so. */
  applies: boolean;
  end: (() => StandInAnswer) | 'hang' | 'close';
};

export const FAULTS: readonly Fault[] = [
  { name: 'answers 429', applies: false, end: () => throttled(Date.now()) },
  { name: 'answers 500', applies: false, end: () => refusal(500, 'Something went wrong.') },
  { name: 'answers 401', applies: false, end: () => refusal(401, 'The API key is wrong or missing.') },
  { name: 'hangs', applies: false, end: 'hang' },
  { name: 'hangs after applying', applies: true, end: 'hang' },
  { name: 'closes the connection', applies: false, end: 'close' },
  { name: 'closes the connection after applying', applies: true, end: 'close' },
];

/** As if the quota were used up until the next full second. */
function throttled(now: number): StandInAnswer {
  const answer = refusal(429, 'The rate limit is exceeded.');
  return { ...answer, headers: { ...answer.headers, 'x-ratelimit-reset': String(Math.ceil(now / 1_000)) } };
}

export type UnreliableSalesmachine = Awaited<ReturnType<typeof startUnreliableSalesmachine>>;

/** A stand-in for Salesmachine, without a quota, that has one fault or another, or none, as it is told. */
export async function startUnreliableSalesmachine(credential: { token: string; secret: string }) {
  const standIn = createStandIn({
    credential,
    limit: { requests: 1_000_000, windowSeconds: 1 },
    now: Date.now,
  });
  const applied = () => standIn.state().operations;
  const met = new Map<Fault, number>();
  const unconfirmed: Operation[] = [];
  let present: Fault | undefined;

  const server = await startStandInServer({
    async handle(request) {
      if (present === undefined) return standIn.handle(request);
      const { applies, end } = present;
      if (applies) {
        const before = applied().length;
        standIn.handle(request);
        unconfirmed.push(...applied().slice(before));
      }
      met.set(present, (met.get(present) ?? 0) + 1);
      if (end === 'close') throw new Error('The connection is closed.');
      return end === 'hang' ? new Promise(() => undefined) : end();
    },
  });

  return {
    ...server,
    /** From now on every request, pings too, meets this fault; with none, all is well again. */
    suffer(fault?: Fault): void {
      present = fault;
    },
    /** How many requests have met the fault. */
    met: (fault: Fault): number => met.get(fault) ?? 0,
    /** In order of arrival. */
    applied,
    /** What was applied without its sender being told so: the sender has every reason to send it again. */
    unconfirmed: (): readonly Operation[] => unconfirmed,
  };
}
