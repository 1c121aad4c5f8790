import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import type { Random } from '../../runtime/random.ts';
import {
  errorResponse,
  type FakeRequest,
  type FakeResponse,
  type FakeSalesmachine,
} from './fake-salesmachine.ts';

/** Which requests a fault meets: batches only or every call, and the share of them, from 0 to 1. */
const scope = {
  on: v.optional(v.picklist(['batch', 'everything']), 'everything'),
  share: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 1),
};

const statusCode = v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599));
const text = v.pipe(v.string(), v.nonEmpty(), v.maxLength(200));

/** The faults that the fake can be given, as `POST /local/salesmachine/faults` takes them. */
export const faultSchema = v.variant('fault', [
  v.strictObject({
    fault: v.literal('status'),
    status: statusCode,
    message: v.optional(text),
    headers: v.optional(
      v.record(v.pipe(v.string(), v.regex(/^[\w-]+$/)), v.pipe(v.string(), v.regex(/^[ -~]*$/))),
    ),
    ...scope,
  }),
  v.strictObject({
    fault: v.literal('firewall'),
    text: v.optional(text, '<script'),
    status: v.optional(statusCode, 403),
    ...scope,
  }),
  v.strictObject({ fault: v.literal('hang'), ...scope }),
  v.strictObject({
    fault: v.literal('slow'),
    seconds: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(60)), 3),
    ...scope,
  }),
  v.strictObject({ fault: v.literal('down'), ...scope }),
  v.strictObject({ fault: v.literal('reject'), attribute: text }),
  v.strictObject({
    fault: v.literal('quota'),
    requests: v.pipe(v.number(), v.integer(), v.minValue(1)),
    windowSeconds: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
]);

export type Fault = v.InferOutput<typeof faultSchema>;

/** The faults that decide about a request without asking the fake; the others change the fake itself. */
type RequestFault = Exclude<Fault, { fault: 'reject' | 'quota' }>;

export type FaultySalesmachine = {
  /** Rejects where the connection is to be cut. */
  handle(request: FakeRequest): Promise<FakeResponse>;
  faults(): readonly Fault[];
  /** Replaces all faults; an empty list fixes everything. */
  setFaults(faults: readonly Fault[]): void;
};

/** What a server says with these statuses, if the fault does not say it. */
const messages: Readonly<Record<number, string>> = {
  401: 'The API key is wrong or missing.',
  422: 'The request cannot be processed.',
  429: 'The rate limit is exceeded.',
  500: 'Something went wrong.',
  503: 'The service is unavailable.',
};

/** Without a usable header a client could only guess; this is what most servers send. */
const THROTTLED_HEADERS = { 'retry-after': '5' };

/** The fake behind faults, for practice: each request meets the first fault whose scope it falls in. */
export function withFaults(fake: FakeSalesmachine, random: Random): FaultySalesmachine {
  const { requests, windowSeconds } = fake.quota.usage();
  const originalLimit = { requests, windowSeconds };
  let faults: readonly Fault[] = [];
  const isRequestFault = (fault: Fault): fault is RequestFault =>
    fault.fault !== 'reject' && fault.fault !== 'quota';

  return {
    async handle(request) {
      const fault = faults.filter(isRequestFault).find((each) => meets(each, request, random));
      return fault === undefined ? fake.handle(request) : answerWith(fault, request, fake);
    },
    faults: () => faults,
    setFaults(next) {
      faults = next;
      fake.acceptAll();
      for (const fault of next) if (fault.fault === 'reject') fake.reject(fault.attribute);
      fake.quota.setLimit(next.find((fault) => fault.fault === 'quota') ?? originalLimit);
    },
  };
}

function meets(fault: RequestFault, { path, body }: FakeRequest, random: Random): boolean {
  if (fault.on === 'batch' && path !== '/v1/batch') return false;
  if (fault.fault === 'firewall' && !body.toLowerCase().includes(fault.text.toLowerCase())) return false;
  return fault.share === 1 || random() < fault.share;
}

async function answerWith(
  fault: RequestFault,
  request: FakeRequest,
  fake: FakeSalesmachine,
): Promise<FakeResponse> {
  switch (fault.fault) {
    case 'status':
      return toStatusResponse(fault);
    case 'firewall':
      return toFirewallPage(fault.status);
    case 'hang':
      return new Promise(() => undefined);
    case 'slow':
      await delay(fault.seconds * 1_000, undefined, { ref: false });
      return fake.handle(request);
    case 'down':
      throw new Error('The connection is cut, as the fault demands.');
  }
}

function toStatusResponse({ status, message, headers }: Extract<Fault, { fault: 'status' }>): FakeResponse {
  const response = errorResponse(
    status,
    message ?? messages[status] ?? `This is a practice answer of ${status}.`,
  );
  const defaultHeaders = status === 429 ? THROTTLED_HEADERS : {};
  return { ...response, headers: { ...response.headers, ...(headers ?? defaultHeaders) } };
}

/** A firewall knows nothing of the API: it answers with a page. */
const toFirewallPage = (status: number): FakeResponse => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: '<!doctype html><title>Blocked</title><h1>This request was blocked by a security rule.</h1>',
});
