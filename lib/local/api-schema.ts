import * as v from 'valibot';
import { BREAKER_STATES } from '../delivery/status.ts';
import { ALIAS_MODES, ANONYMOUS_CONTACTS, SCREEN_MODES } from '../mapping/mapping-settings.ts';

const names = v.pipe(v.array(v.string()), v.readonly());

/** What the `relay` command asks of a running local relay: `GET /local/connection`. */
export const localConnectionSchema = v.object({
  sqs: v.object({ endpoint: v.string(), region: v.string() }),
  queueUrl: v.string(),
  deadLetterQueueUrl: v.string(),
  mapping: v.object({
    anonymousContacts: v.picklist(ANONYMOUS_CONTACTS),
    alias: v.picklist(ALIAS_MODES),
    screen: v.picklist(SCREEN_MODES),
    contextAttributes: names,
    excludeEvents: names,
    excludeAttributes: names,
    excludeQuery: names,
  }),
  quota: v.object({ requests: v.number(), windowSeconds: v.number(), share: v.number(), lanes: v.number() }),
});

export type LocalConnection = v.InferOutput<typeof localConnectionSchema>;

/** A moment in milliseconds since the epoch; null if there is none, or if it is not known. */
const moment = v.nullable(v.number());

/** Requests that have failed in a row since the last that was accepted, and what the latest of them got. */
const failingRequestsSchema = v.object({
  requests: v.number(),
  since: v.number(),
  /** HTTP status; null if there was no answer. */
  status: v.nullable(v.number()),
  /** Salesmachine's words, scrubbed, or why there was no answer. */
  text: v.nullable(v.string()),
});

export type FailingRequests = v.InferOutput<typeof failingRequestsSchema>;

/** What holds delivery, as a lane knows it; null is what it does not know. */
export const deliveryStatusSchema = v.object({
  state: v.picklist(BREAKER_STATES),
  /** Why nothing is sent now: `outage`, `credential`, `configuration`, `throttled`; null if nothing holds delivery. */
  cause: v.nullable(v.string()),
  /** HTTP status of the answer that says so; null if there was no answer. */
  status: v.nullable(v.number()),
  /** Salesmachine's words, scrubbed, or the network's error code. */
  text: v.nullable(v.string()),
  /** How many lanes hold their events, of how many; null if it is not known. */
  lanes: v.nullable(v.object({ held: v.number(), total: v.number() })),
  /** Since when delivery is held, and when a request goes out again. */
  since: moment,
  nextTryAt: moment,
  lastDeliveredAt: moment,
  /** How long Salesmachine took for the last answer. */
  lastRequestMs: v.nullable(v.number()),
  /** Requests that the quota has left, as Salesmachine said last. */
  quotaRemaining: v.nullable(v.number()),
  /** Messages that wait for a retry, and when the first of them is due. */
  retrying: v.nullable(v.object({ messages: v.number(), nextAt: moment })),
  failing: v.nullable(failingRequestsSchema),
});

export type DeliveryStatus = v.InferOutput<typeof deliveryStatusSchema>;

/** `GET /local/status`: what the queues' own protocol does not tell. */
export const localStatusSchema = v.object({
  mappingOn: v.boolean(),
  /** null if nothing waits, or so much that looking would take too long. */
  oldestAgeSeconds: v.nullable(v.number()),
  /** Of all lanes together: the one that is held, if any is. */
  delivery: v.optional(deliveryStatusSchema),
});

export type LocalStatus = v.InferOutput<typeof localStatusSchema>;

/** `GET /local/logs?from=N`: the latest lines of the log, the oldest first, and the number to ask for next. */
export const localLogSchema = v.object({
  lines: v.array(
    v.object({
      /** Milliseconds since the epoch. */
      at: v.number(),
      level: v.string(),
      message: v.string(),
      fields: v.record(v.string(), v.unknown()),
    }),
  ),
  next: v.number(),
});

export type LocalLog = v.InferOutput<typeof localLogSchema>;
