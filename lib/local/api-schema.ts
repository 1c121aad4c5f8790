import * as v from 'valibot';

/** What the `relay` command asks of a running local relay: `GET /local/connection`. */
export const localConnectionSchema = v.object({
  sqs: v.object({ endpoint: v.string(), region: v.string() }),
  queueUrl: v.string(),
  deadLetterQueueUrl: v.string(),
  mapping: v.object({
    anonymousContacts: v.picklist(['keep', 'skip']),
    alias: v.picklist(['single', 'batch', 'off']),
  }),
  quota: v.object({ requests: v.number(), windowSeconds: v.number(), share: v.number(), lanes: v.number() }),
  /** Only what was made up at the start: a configured secret leaves the relay by no way. */
  madeUp: v.object({ sharedSecret: v.optional(v.string()), token: v.optional(v.string()) }),
});

export type LocalConnection = v.InferOutput<typeof localConnectionSchema>;

/** `GET /local/status`: what the queues' own protocol does not tell. */
export const localStatusSchema = v.object({
  mappingOn: v.boolean(),
  /** null if nothing waits, or so much that looking would take too long. */
  oldestAgeSeconds: v.nullable(v.number()),
});

export type LocalStatus = v.InferOutput<typeof localStatusSchema>;
