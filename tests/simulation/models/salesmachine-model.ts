import type { Random } from '../../../lib/runtime/clock.ts';
import type { Answer, Salesmachine, SalesmachinePath } from '../../../lib/salesmachine/client.ts';
import type { Operation } from '../../../lib/salesmachine/operation.ts';
import { createOperationBook } from '../checks/applied-operations.ts';
import type { Ledger } from '../checks/event-tracker.ts';
import { createRequestLog, type RequestLog } from '../checks/request-checker.ts';
import { aroundMedian, pick } from '../seeded-random.ts';
import type { VirtualTime } from '../virtual-time.ts';
import { prevailing, type Spell } from './fault-window.ts';
import { createQuota, type QuotaSettings, type QuotaState } from './quota-model.ts';

/** What can be wrong with Salesmachine. */
export type Mishap =
  /** An answer of this status; nothing is applied unless said. */
  | { status: number; body?: string; headers?: Record<string, string>; isApplied?: boolean }
  /** No connection. */
  | { failure: 'refused' }
  /** The connection ends, or nothing ever comes, before or after the operations were applied. */
  | { failure: 'reset' | 'hang'; isApplied: boolean };

/** What the headers of a 429 are like. */
export type HeaderStyle = 'documented' | 'retry-after' | 'skewed' | 'garbage' | 'none';

export type SalesmachineSettings = {
  quota: QuotaSettings;
  /** Other limits for a while. */
  limits?: readonly Spell<number>[];
  /** The part of the quota that others spend. */
  others?: readonly Spell<number>[];
  /** The median of a request's duration. */
  latencyMs?: number;
  mishaps?: readonly Spell<Mishap>[];
  headers?: HeaderStyle;
  /** Milliseconds after the start from which it takes what it used to refuse. */
  mendedAt?: number;
};

export type SalesmachineModel = {
  /** The connection of one process. */
  connect(): Salesmachine;
  log: RequestLog;
};

type Outside = { time: VirtualTime; random: Random; ledger: Ledger };
/** What will come of a request, and when; no answer at all if it hangs. */
type Fate = { afterMs: number; mishap?: Mishap | undefined; refused?: QuotaState };

const TOTAL_TIMEOUT_MS = 10_000;
const HTML = { status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><p>Welcome' };

/** Mishaps by name, for scenarios. */
export const mishaps = {
  serverError: { status: 500 },
  maintenance: { status: 503 },
  badCredential: { status: 401 },
  badCredentialAs400: { status: 400 },
  notFound: { status: 404 },
  payment: { status: 402 },
  teapot: { status: 418 },
  html: HTML,
  refused: { failure: 'refused' },
  resetBefore: { failure: 'reset', isApplied: false },
  resetAfter: { failure: 'reset', isApplied: true },
  hangBefore: { failure: 'hang', isApplied: false },
  hangAfter: { failure: 'hang', isApplied: true },
  errorAfter: { status: 500, isApplied: true },
} as const satisfies Record<string, Mishap>;

/** Salesmachine's API behind the network, and a record of everything it was asked. */
export function createSalesmachineModel(settings: SalesmachineSettings, outside: Outside): SalesmachineModel {
  const { time, random, ledger } = outside;
  const {
    latencyMs = 300,
    mishaps: spells = [],
    headers = 'documented',
    others = [],
    limits = [],
    mendedAt = Number.POSITIVE_INFINITY,
  } = settings;
  const start = time.now();
  const quota = createQuota(settings.quota, start);
  const log = createRequestLog(start, (event) => (ledger.events.poison[event] ?? 0) !== 0);
  const book = createOperationBook(ledger, log.violation, start + mendedAt);

  const fateOf = (): Fate => {
    const elapsed = time.now() - start;
    const mishap = prevailing(spells, elapsed, random);
    const latency = aroundMedian(random, latencyMs);
    if (mishap && 'failure' in mishap && mishap.failure === 'refused') return { afterMs: 2, mishap };
    const limit = prevailing(limits, elapsed, random) ?? settings.quota.requests;
    const state = quota.take(time.now(), limit, prevailing(others, elapsed, random) ?? 0);
    if (!state.granted) return { afterMs: Math.min(latency, 50), refused: state };
    return { afterMs: latency, mishap };
  };

  const response = (status: number, body = '', more: Record<string, string> = {}): Answer => ({
    kind: 'response',
    status,
    body,
    headers: { 'content-type': 'application/json', ...more },
  });

  /** Applies the request if it is to be applied. No answer means that none will come. */
  const conclude = (
    { mishap, refused }: Fate,
    operations: readonly Operation[],
  ): { answer?: Answer; isApplied: boolean } => {
    if (refused) {
      const answer = response(
        429,
        '{"error":"rate limit"}',
        rateHeaders(headers, refused, time.now(), random),
      );
      return { answer, isApplied: false };
    }
    if (mishap && 'failure' in mishap && mishap.failure === 'refused') {
      return { answer: { kind: 'failure', sent: false, code: 'ECONNREFUSED' }, isApplied: false };
    }
    const isMeantToApply = mishap === undefined || ('isApplied' in mishap && mishap.isApplied === true);
    const status = isMeantToApply ? book.apply(operations, log.nextPlace(), time.now()) : 503;
    const isApplied = isMeantToApply && status < 300;
    if (!mishap) {
      const body = isApplied ? '{"status":"success"}' : '{"error":"refused"}';
      return { answer: response(status, body), isApplied };
    }
    if ('status' in mishap)
      return { answer: response(mishap.status, mishap.body, mishap.headers), isApplied };
    return {
      ...(mishap.failure === 'reset' && { answer: { kind: 'failure', sent: true, code: 'ECONNRESET' } }),
      isApplied,
    };
  };

  const connect = (): Salesmachine => {
    const lane = log.connect();
    return {
      renewCredential: async () => {},
      post: (path, json, signal) =>
        new Promise((resolve) => {
          const operations = operationsIn(path, json);
          const request = lane.started({ path, operations, bytes: Buffer.byteLength(json) }, time.now());
          const fate = fateOf();
          let isOver = false;
          const finish = (answer: Answer) => {
            if (isOver) return;
            isOver = true;
            cancelTimeout();
            signal?.removeEventListener('abort', abort);
            lane.ended(request, answer, time.now());
            resolve(answer);
          };
          const giveUp = (code: string) => () => finish({ kind: 'failure', sent: true, code });
          const abort = giveUp('ABORTED');
          const cancelTimeout = time.schedule(TOTAL_TIMEOUT_MS, giveUp('ETIMEDOUT'));
          signal?.addEventListener('abort', abort, { once: true });
          time.schedule(fate.afterMs, () => {
            const { answer, isApplied } = conclude(fate, operations);
            const isKnown = answer !== undefined && isSuccess(answer) && !isOver;
            if (isApplied && !isKnown) book.excuse(operations);
            if (answer) finish(answer);
          });
        }),
    };
  };

  return { connect, log };
}

const isSuccess = (answer: Answer) =>
  answer.kind === 'response' && answer.status >= 200 && answer.status < 300;

function operationsIn(path: SalesmachinePath, json: string): Operation[] {
  if (path === '/v1/ping') return [];
  const parsed = JSON.parse(json);
  return Array.isArray(parsed) ? parsed : [{ method: 'alias', ...parsed }];
}

/** The headers of a 429, true and otherwise. */
function rateHeaders(
  style: HeaderStyle,
  state: QuotaState,
  now: number,
  random: Random,
): Record<string, string> {
  const seconds = Math.ceil(state.resetAt / 1_000);
  const documented = (reset: number) => ({
    'x-ratelimit-limit': String(state.limit),
    'x-ratelimit-remaining': String(state.remaining),
    'x-ratelimit-reset': String(reset),
  });
  switch (style) {
    case 'documented':
      return documented(seconds);
    case 'retry-after':
      return { 'retry-after': String(Math.max(1, Math.ceil((state.resetAt - now) / 1_000))) };
    case 'skewed':
      return documented(seconds + pick(random, [-7_200, -30, 30, 7_200]));
    case 'garbage':
      return pick(random, [
        { 'x-ratelimit-reset': 'soon' },
        { 'x-ratelimit-reset': '-1' },
        { 'x-ratelimit-reset': '99999999999999999999' },
        { 'x-ratelimit-reset': '' },
        { 'retry-after': 'NaN' },
        { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' },
      ]);
    case 'none':
      return {};
  }
}
