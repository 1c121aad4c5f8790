import type { Random } from '../../../lib/runtime/random.ts';
import type { ApiResult, Salesmachine, SalesmachinePath } from '../../../lib/salesmachine/client.ts';
import type { Operation } from '../../../lib/salesmachine/operation.ts';
import { aroundMedian } from '../../support/seeded-random.ts';
import type { VirtualTime } from '../../support/virtual-time.ts';
import { type AccountLinks, createAccountLinks } from '../checks/account-links.ts';
import { createAppliedOperations } from '../checks/applied-operations.ts';
import type { EventTracker } from '../checks/event-tracker.ts';
import type { Evidence } from '../checks/evidence.ts';
import { createRequestChecker, isAcceptance, type RequestChecker } from '../checks/request-checker.ts';
import { activeFault, activeWindow, type FaultWindow } from './fault-window.ts';
import { createQuota, type QuotaSettings, type QuotaState } from './quota-model.ts';
import { type HeaderStyle, rateLimitHeaders } from './rate-limit-headers.ts';

/** What can be wrong with Salesmachine. */
export type ApiFault =
  /** An answer of this status; nothing is applied unless said. */
  | { status: number; body?: string; headers?: Record<string, string>; isApplied?: boolean }
  /** No connection. */
  | { failure: 'refused' }
  /** The connection ends, or nothing ever comes, before or after the operations were applied. */
  | { failure: 'reset' | 'hang'; isApplied: boolean };

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
  links: AccountLinks;
};

type ModelDependencies = { time: VirtualTime; random: Random; tracker: EventTracker; evidence: Evidence };
/** What will come of a request, and when; no answer at all if it hangs. */
type PlannedResponse = {
  afterMs: number;
  fault?: ApiFault | undefined;
  /** The fault looks like a refusal of the data, whatever they are: a ping passes. */
  isMisleading?: boolean;
  throttled?: QuotaState;
};
type AppliedPlan = { answer?: ApiResult; isApplied: boolean; waitUntil?: number };

const TOTAL_TIMEOUT_MS = 10_000;
const SUCCESS = '{"status":"success"}';
const PAGE = '<!doctype html><p>Welcome';
const HTML = { status: 200, headers: { 'content-type': 'text/html' }, body: PAGE };

/** Faults by name, for scenarios. */
export const apiFaults = {
  serverError: { status: 500 },
  maintenance: { status: 503 },
  badCredential: { status: 401 },
  badCredentialAs400: { status: 400 },
  notFound: { status: 404 },
  payment: { status: 402 },
  html: HTML,
  refusesData: { status: 422 },
  refusesDataAs400: { status: 400 },
  multiStatus: { status: 207, isApplied: true },
  nonAuthoritative: { status: 203, isApplied: true },
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
  const { time, random, tracker, evidence } = dependencies;
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
    evidence,
  );
  const links = createAccountLinks(tracker);
  const appliedOperations = createAppliedOperations(
    tracker,
    requestChecker.violation,
    start + fixedAt,
    links,
  );

  const planResponse = (path: SalesmachinePath): PlannedResponse => {
    const elapsed = time.now() - start;
    const faultWindow = activeWindow(faultWindows, elapsed, random, path);
    const fault = faultWindow?.what;
    const latency = aroundMedian(random, latencyMs);
    if (fault && 'failure' in fault && fault.failure === 'refused') return { afterMs: 2, fault };
    const limit = activeFault(limits, elapsed, random) ?? settings.quota.requests;
    const state = quota.take(time.now(), limit, activeFault(others, elapsed, random) ?? 0);
    if (!state.granted) return { afterMs: Math.min(latency, 50), throttled: state };
    const isMisleading = faultWindow?.path === '/v1/batch' && fault !== undefined && isRefusal(fault);
    return { afterMs: latency, fault, isMisleading };
  };

  const response = (status: number, body = '', more: Record<string, string> = {}): ApiResult => ({
    kind: 'response',
    status,
    body,
    headers: { 'content-type': 'application/json', ...more },
  });

  const refusal = (status: number): ApiResult =>
    isPageOf(status)
      ? response(status, PAGE, { 'content-type': 'text/html' })
      : response(status, '{"error":"refused"}');

  /** Applies the request if it is to be applied. No answer means that none will come. */
  const applyPlan = (
    { fault, throttled }: PlannedResponse,
    operations: readonly Operation[],
  ): AppliedPlan => {
    if (throttled) {
      const limited = rateLimitHeaders(headers, { state: throttled, now: time.now(), random });
      const answer = response(429, '{"error":"rate limit"}', limited.headers);
      return { answer, isApplied: false, waitUntil: limited.waitUntil };
    }
    if (fault && 'failure' in fault && fault.failure === 'refused') {
      return { answer: { kind: 'failure', mayHaveBeenSent: false, code: 'ECONNREFUSED' }, isApplied: false };
    }
    const shouldApply = fault === undefined || ('isApplied' in fault && fault.isApplied === true);
    const status = shouldApply
      ? appliedOperations.apply(operations, requestChecker.nextPlace(), time.now())
      : undefined;
    return { ...answerOf(fault, status), isApplied: status === 201 };
  };

  /** `status`: what came of the operations, if they were to be applied. No answer means that none will come. */
  const answerOf = (fault: ApiFault | undefined, status: number | undefined): { answer?: ApiResult } => {
    // A fault that answers with success changes nothing about data that Salesmachine refuses.
    if (status !== undefined && status !== 201 && (fault === undefined || isSuccess(fault)))
      return { answer: refusal(status) };
    if (fault === undefined) return { answer: response(201, SUCCESS) };
    if ('status' in fault) return { answer: response(fault.status, fault.body, fault.headers) };
    return fault.failure === 'reset'
      ? { answer: { kind: 'failure', mayHaveBeenSent: true, code: 'ECONNRESET' } }
      : {};
  };

  const connect = (): Salesmachine => {
    const lane = requestChecker.connect();
    return {
      refreshCredentialIfOlderThan: async () => {},
      post: (path, json, signal) =>
        new Promise((resolve) => {
          const operations = operationsIn(path, json);
          const request = lane.onStart({ path, operations, bytes: Buffer.byteLength(json) }, time.now());
          const plan = planResponse(path);
          let isOver = false;
          const finish = (answer: ApiResult, waitUntil = 0) => {
            if (isOver) return;
            isOver = true;
            cancelTimeout();
            signal?.removeEventListener('abort', abort);
            lane.onEnd(request, { answer, waitUntil, isMisleading: plan.isMisleading === true }, time.now());
            resolve(answer);
          };
          const giveUp = (code: string) => () => finish({ kind: 'failure', mayHaveBeenSent: true, code });
          const abort = giveUp('ABORTED');
          const cancelTimeout = time.schedule(TOTAL_TIMEOUT_MS, giveUp('ETIMEDOUT'));
          signal?.addEventListener('abort', abort, { once: true });
          time.schedule(plan.afterMs, () => {
            const { answer, isApplied, waitUntil } = applyPlan(plan, operations);
            const isKnown = answer !== undefined && isAcceptance(answer) && !isOver;
            if (isApplied && !isKnown) appliedOperations.allowDuplicate(operations);
            if (answer) finish(answer, waitUntil);
          });
        }),
    };
  };

  return { connect, requestChecker, links };
}

function operationsIn(path: SalesmachinePath, json: string): Operation[] {
  if (path === '/v1/ping') return [];
  const parsed = JSON.parse(json);
  return Array.isArray(parsed) ? parsed : [{ method: 'alias', ...parsed }];
}

/** A firewall answers an event that it refuses with a page, and so does a proxy that answers 200. */
const isPageOf = (status: number) => status === 403 || status === 200;

const isSuccess = (fault: ApiFault) => 'status' in fault && fault.status < 300;

const isRefusal = (fault: ApiFault) => 'status' in fault && [400, 413, 422].includes(fault.status);
