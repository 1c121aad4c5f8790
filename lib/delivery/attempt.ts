import type { Reason } from '../dead-letters/dead-letter.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Answer, Salesmachine } from '../salesmachine/client.ts';
import { errorDetail } from '../salesmachine/error-detail.ts';
import { outcomeOf } from '../salesmachine/outcome.ts';
import { remainingOf } from '../salesmachine/rate-limit.ts';
import type { Log, LogFields } from '../telemetry/log.ts';
import type { Gate } from './gate.ts';
import { bodyOf, type SalesmachineRequest } from './request.ts';
import { worksOf } from './request-operation.ts';

/** Why operations were refused. */
export type Blame = { reason: Reason; status?: number; detail: string };

export type Verdict =
  | { kind: 'delivered' }
  /** At least one of the request's operations is bad. */
  | { kind: 'bad'; blame: Blame }
  /** Time ran out before it was decided. */
  | { kind: 'stopped' };

/** How long the lane waited for a slot, and how many messages it received meanwhile. */
export type Slot = Pick<LogFields, 'waitMs' | 'filled'>;

type Ports = { gate: Gate; salesmachine: Salesmachine; clock: Clock; log: Log };

type Terms = {
  /** The last moment to send at. */
  until: number;
  /** The caller has a slot already. */
  admitted: boolean;
  /** How the caller came to it. */
  slot?: Slot | undefined;
  /** Failures, for a passing reason, before the operations themselves come under suspicion. */
  patience: number;
  /** The credential has just passed a ping, so that an ambiguous answer is about the data. */
  trusted: boolean;
};

/**
 * Sends one request, the same again and again, until the answer decides: what only says that the moment is bad (429,
 * an outage, a rejected credential) shuts the gate, and the next try waits there.
 */
export async function attempt(request: SalesmachineRequest, terms: Terms, ports: Ports): Promise<Verdict> {
  const { gate, clock } = ports;
  let { admitted, slot } = terms;
  let failures = 0;
  let isUrlRight = false;
  for (;;) {
    if (!admitted) {
      const askedAt = clock.now();
      if (!(await gate.admit(terms.until))) return { kind: 'stopped' };
      slot = { waitMs: clock.now() - askedAt };
    }
    admitted = false;
    const answer = await post(request, slot, ports);
    const outcome = outcomeOf(request.path, answer);
    gate.learn(outcome, answer);

    switch (outcome) {
      case 'delivered':
        return { kind: 'delivered' };
      case 'rejected':
        return { kind: 'bad', blame: blameOf('rejected', answer) };
      case 'too_big':
        return { kind: 'bad', blame: blameOf('too_large', answer) };
      case 'unsupported':
        // The URL may be wrong for every call: a ping tells, and after it the same call again.
        if (isUrlRight) return { kind: 'bad', blame: blameOf('alias_unsupported', answer) };
        isUrlRight = (await gate.ping(terms.until)) === 'delivered';
        break;
      case 'ambiguous':
        // A ping with the same credential tells whether the credential or the data is meant.
        if (terms.trusted || (await gate.ping(terms.until)) === 'delivered')
          return { kind: 'bad', blame: blameOf('rejected', answer) };
        break;
      case 'credential':
      case 'configuration':
        gate.close(outcome);
        break;
      case 'throttled':
        break;
      case 'transient':
      case 'uncertain':
        failures += 1;
        for (const work of worksOf(request.items)) work.tries += 1;
        if (failures >= terms.patience && (await gate.ping(terms.until)) === 'delivered') {
          return { kind: 'bad', blame: blameOf('server_error', answer) };
        }
        break;
    }
  }
}

async function post(
  request: SalesmachineRequest,
  slot: Slot | undefined,
  { salesmachine, clock, log }: Ports,
): Promise<Answer> {
  const sentAt = clock.now();
  const answer = await salesmachine.post(request.path, bodyOf(request));
  const outcome = outcomeOf(request.path, answer);
  const works = worksOf(request.items);
  const write = outcome === 'delivered' ? log.info : log.warn;
  write('request', {
    path: request.path,
    outcome,
    operations: request.items.length,
    events: works.length,
    ...slot,
    durationMs: clock.now() - sentAt,
    oldestAgeMs: sentAt - works.reduce((oldest, work) => Math.min(oldest, work.message.sentAt), sentAt),
    ...(answer.kind === 'response'
      ? { status: answer.status, remaining: remainingOf(answer.headers) }
      : { failure: answer.code }),
    ...(outcome === 'uncertain' && { cause: 'answer_lost', mayBeDuplicated: true }),
    messageIds: works.flatMap(({ event }) => event.messageId ?? []),
  });
  return answer;
}

function blameOf(reason: Reason, answer: Answer): Blame {
  return answer.kind === 'response'
    ? { reason, status: answer.status, detail: errorDetail(answer.status, answer.body) }
    : { reason, detail: `the request failed (${answer.code})` };
}
