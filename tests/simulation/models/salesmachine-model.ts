import type { Random } from '../../../lib/runtime/random.ts';
import type { ApiResult, Salesmachine, SalesmachinePath } from '../../../lib/salesmachine/client.ts';
import type { Operation } from '../../../lib/salesmachine/operation.ts';
import { createAppliedOperations } from '../checks/applied-operations.ts';
import type { EventTracker } from '../checks/event-tracker.ts';
import { createRequestChecker, type RequestChecker } from '../checks/request-checker.ts';
import { aroundMedian, pick } from '../seeded-random.ts';
import type { VirtualTime } from '../virtual-time.ts';
import { activeFault, type FaultWindow } from './fault-window.ts';
import { createQuota, type QuotaSettings, type QuotaState } from './quota-model.ts';

/** What can be wrong with Salesmachine. */
export type ApiFault =
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
  limits?: readonly FaultWindow<number>[];
  /** The part of the quota that others spend. */
  others?: readonly FaultWindow<number>[];
  /** The median of a request's duration. */
  latencyMs?: number;
  faults?: readonly FaultWindow<ApiFault>[];
  headers?: HeaderStyle;
  /** Milliseconds after the start from which it takes what it used to refuse. */
  fixedAt?: number;
};

export type SalesmachineModel = {
  /** The connection of one process. */
  connect(): Salesmachine;
  requestChecker: RequestChecker;
};

type ModelDependencies = { time: VirtualTime; random: Random; tracker: EventTracker };
/** What will come of a request, and when; no answer at all if it hangs. */
type PlannedResponse = { afterMs: number; fault?: ApiFault | undefined; throttled?: QuotaState };

const TOTAL_TIMEOUT_MS = 10_000;
const HTML = { status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><p>Welcome' };

/** Mishaps by name, for scenarios. */
export const apiFaults = {
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
} as const satisfies Record<string, ApiFault>;

/** Salesmachine's API behind the network, and a record of everything it was asked. */
export function createSalesmachineModel(
  settings: SalesmachineSettings,
  dependencies: ModelDependencies,
): SalesmachineModel {
  const { time, random, tracker } = dependencies;
  const {
    latencyMs = 300,
    faults: faultWindows = [],
    headers = 'documented',
    others = [],
    limits = [],
    fixedAt = Number.POSITIVE_INFINITY,
  } = settings;
  const start = time.now();
  const quota = createQuota(settings.quota, start);
  const requestChecker = createRequestChecker(
    start,
    (event) => (tracker.events.rejectedWith[event] ?? 0) !== 0,
  );
  const appliedOperations = createAppliedOperations(tracker, requestChecker.violation, start + fixedAt);

  const planResponse = (): PlannedResponse => {
    const elapsed = time.now() - start;
    const fault = activeFault(faultWindows, elapsed, random);
    const latency = aroundMedian(random, latencyMs);
    if (fault && 'failure' in fault && fault.failure === 'refused') return { afterMs: 2, fault };
    const limit = activeFault(limits, elapsed, random) ?? settings.quota.requests;
    const state = quota.take(time.now(), limit, activeFault(others, elapsed, random) ?? 0);
    if (!state.granted) return { afterMs: Math.min(latency, 50), throttled: state };
    return { afterMs: latency, fault };
  };

  const response = (status: number, body = '', more: Record<string, string> = {}): ApiResult => ({
    kind: 'response',
    status,
    body,
    headers: { 'content-type': 'application/json', ...more },
  });

  /** Applies the request if it is to be applied. No answer means that none will come. */
  const applyPlan = (
    { fault, throttled }: PlannedResponse,
    operations: readonly Operation[],
  ): { answer?: ApiResult; isApplied: boolean } => {
    if (throttled) {
      const answer = response(
        429,
        '{"error":"rate limit"}',
        rateHeaders(headers, throttled, time.now(), random),
      );
      return { answer, isApplied: false };
    }
    if (fault && 'failure' in fault && fault.failure === 'refused') {
      return { answer: { kind: 'failure', mayHaveBeenSent: false, code: 'ECONNREFUSED' }, isApplied: false };
    }
    const shouldApply = fault === undefined || ('isApplied' in fault && fault.isApplied === true);
    const status = shouldApply
      ? appliedOperations.apply(operations, requestChecker.nextPlace(), time.now())
      : 503;
    const isApplied = shouldApply && status < 300;
    if (!fault) {
      const body = isApplied ? '{"status":"success"}' : '{"error":"refused"}';
      return { answer: response(status, body), isApplied };
    }
    if ('status' in fault) return { answer: response(fault.status, fault.body, fault.headers), isApplied };
    return {
      ...(fault.failure === 'reset' && {
        answer: { kind: 'failure', mayHaveBeenSent: true, code: 'ECONNRESET' },
      }),
      isApplied,
    };
  };

  const connect = (): Salesmachine => {
    const lane = requestChecker.connect();
    return {
      refreshCredentialIfOlderThan: async () => {},
      post: (path, json, signal) =>
        new Promise((resolve) => {
          const operations = operationsIn(path, json);
          const request = lane.onStart({ path, operations, bytes: Buffer.byteLength(json) }, time.now());
          const plan = planResponse();
          let isOver = false;
          const finish = (answer: ApiResult) => {
            if (isOver) return;
            isOver = true;
            cancelTimeout();
            signal?.removeEventListener('abort', abort);
            lane.onEnd(request, answer, time.now());
            resolve(answer);
          };
          const giveUp = (code: string) => () => finish({ kind: 'failure', mayHaveBeenSent: true, code });
          const abort = giveUp('ABORTED');
          const cancelTimeout = time.schedule(TOTAL_TIMEOUT_MS, giveUp('ETIMEDOUT'));
          signal?.addEventListener('abort', abort, { once: true });
          time.schedule(plan.afterMs, () => {
            const { answer, isApplied } = applyPlan(plan, operations);
            const isKnown = answer !== undefined && isSuccess(answer) && !isOver;
            if (isApplied && !isKnown) appliedOperations.allowDuplicate(operations);
            if (answer) finish(answer);
          });
        }),
    };
  };

  return { connect, requestChecker };
}

const isSuccess = (answer: ApiResult) =>
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
