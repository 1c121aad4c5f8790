import { type AttemptOptions, attempt } from '../../lib/delivery/attempt.ts';
import { createBatchAttempts } from '../../lib/delivery/evidence.ts';
import { merge } from '../../lib/delivery/merge.ts';
import type { QueuedEvent } from '../../lib/delivery/queued-event.ts';
import { requestPath } from '../../lib/delivery/request.ts';
import type { ApiResult } from '../../lib/salesmachine/client.ts';
import {
  createLaneParts,
  createQueuedEvent,
  fakeSalesmachine,
  identify,
  OK,
  type Request,
  runToEnd,
  START,
  track,
} from './delivery.ts';
import { recordingLog } from './log.ts';
import { createVirtualTime } from './virtual-time.ts';

type Options = {
  queuedEvents?: QueuedEvent[];
  untilSeconds?: number;
  scope?: AttemptOptions['scope'];
  ping?: (request: Request) => ApiResult;
  /** Seconds at which other requests of the lane are accepted. */
  othersPassAt?: number[];
};

export const PII_MARKER = 'anna@example.com';
export const LOST: ApiResult = { kind: 'failure', mayHaveBeenSent: true, code: 'ECONNRESET' };
export const CONNECTION_REFUSED: ApiResult = {
  kind: 'failure',
  mayHaveBeenSent: false,
  code: 'ECONNREFUSED',
};

const twoQueuedEvents = () => [
  createQueuedEvent(identify('u1', { email: PII_MARKER })),
  createQueuedEvent(track('u2')),
];

/** Sends the events as one request, which is answered as listed, with the last answer again and again. */
export async function runAttempt(answers: ApiResult[], overrides: Options = {}) {
  const {
    queuedEvents = twoQueuedEvents(),
    untilSeconds = 60,
    scope = 'batch',
    ping = () => OK,
    othersPassAt = [],
  } = overrides;
  const time = createVirtualTime();
  const log = recordingLog();
  let sent = 0;
  const salesmachine = fakeSalesmachine(
    time,
    (request) => (request.path === '/v1/ping' ? ping(request) : (answers[sent++] ?? answers.at(-1) ?? OK)),
    100,
  );
  const refreshes: number[] = [];
  const refreshCredentialIfOlderThan = async (moment: number) => {
    refreshes.push((moment - START) / 1_000);
  };
  const ports = {
    salesmachine: { ...salesmachine, refreshCredentialIfOlderThan },
    clock: time,
    random: () => 0.5,
    log,
  };
  const { gate, evidence } = createLaneParts(ports);
  for (const second of othersPassAt) {
    time.schedule(second * 1_000, () =>
      gate.recordOutcome({ outcome: 'delivered', result: OK, detail: '', batch: createBatchAttempts() }),
    );
  }
  const request = {
    path: requestPath(queuedEvents, true),
    operations: merge(queuedEvents.flatMap(({ operations }) => operations)),
  };
  const options = {
    deadline: START + untilSeconds * 1_000,
    slotStats: {},
    batch: createBatchAttempts(),
    scope,
  };
  const begun = gate
    .acquireSlot(options.deadline)
    .then(() => attempt(request, options, { ...ports, gate, evidence }));
  const result = await runToEnd(time, begun);
  const { requests } = salesmachine;
  return {
    result,
    evidence,
    gate,
    /** For each time that the credential was read again: the second that it had to be newer than. */
    refreshes: () => refreshes,
    endedAt: (time.now() - START) / 1_000,
    lines: log.lines,
    failures: queuedEvents.map(({ failures }) => failures),
    batches: requests.filter(({ path }) => path !== '/v1/ping'),
    pings: requests.filter(({ path }) => path === '/v1/ping'),
  };
}
