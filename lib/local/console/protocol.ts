/**
 * What the console's server tells its page. Both sides import these types, so nothing here may need Node or a DOM.
 * Moments are milliseconds since the epoch.
 */

export type EventState =
  /** In the queue, in no lane. */
  | 'queued'
  /** In a lane: it waits for its slot, or its request is on the way. */
  | 'inLane'
  /** Back in the queue until its visibility time-out ends. */
  | 'waiting'
  | 'delivered'
  | 'deadLetter'
  | 'skipped';

/** One line of the list of events. */
export type EventRow = {
  id: string;
  cameAt: number;
  type: string;
  /** What a person would call it: the event's or page's name, the group, the names of some traits. */
  name: string;
  user: string;
  messageId: string;
  state: EventState;
  /** What the state alone does not say: a reason, a cause, a lane. */
  detail: string;
  /** The last request that carried it. */
  request: number | null;
  /** From acceptance to delivery; null until then. */
  latencyMs: number | null;
};

/** Operations of a request by method. */
export type OperationCounts = { account: number; contact: number; event: number; alias: number };

export type RequestRow = {
  number: number;
  lane: number;
  path: string;
  startedAt: number;
  durationMs: number;
  operations: OperationCounts;
  /** More than there are operations where updates were merged. */
  events: number;
  outcome: string;
  /** Null if there was no whole answer: then `failure` says why. */
  status: number | null;
  failure: string;
  /** What the server said, scrubbed; empty if it accepted. */
  text: string;
};

export type LanePause = {
  cause: string;
  status: number | null;
  text: string;
  since: number | null;
  nextTryAt: number | null;
};

export type LaneRow = {
  lane: number;
  /** Messages that it holds. */
  held: number;
  /** Operations of each request that is on the way. */
  sending: number[];
  /** Whether its last request failed, so that it sends the same again. */
  retrying: boolean;
  pause: LanePause | null;
  /** Events that failed alone and wait for a retry, and when the first of them is due. */
  kept: { messages: number; nextAt: number | null };
};

/** The quota by Salesmachine's own headers; null until there was an answer. */
export type QuotaUsage = { limit: number; remaining: number; resetsAt: number };

/** Events per second: how many were accepted and delivered in the second that begins at `second`. */
export type RatePoint = { second: number; accepted: number; delivered: number };

/** Events, but for the last two: requests to Salesmachine, and its answers of 429. */
export type Counts = {
  accepted: number;
  skipped: number;
  queued: number;
  inFlight: number;
  delivered: number;
  deadLettered: number;
  requests: number;
  throttled: number;
};

/** What Salesmachine holds; null if it is not the fake. */
export type Holdings = { contacts: number; accounts: number; eventTypes: number };

/** A message of the stream. Lists hold what is new or has changed since the one before; the first has all there is. */
export type Snapshot = {
  now: number;
  counts: Counts;
  /** Of the deliveries of the last minute; null if there were none. */
  latency: { p50Ms: number; p99Ms: number } | null;
  ingestMs: number | null;
  /** Events that the ingest made dead letters at once. */
  unusable: number;
  oldestSentAt: number | null;
  /** Requests that were answered, without pings, and the operations in them. */
  completedRequests: number;
  operations: number;
  lanes: LaneRow[];
  quota: QuotaUsage;
  holdings: Holdings | null;
  faults: unknown[];
  rates: RatePoint[];
  requests: RequestRow[];
  events: EventRow[];
};

/** Where a value of an operation comes from. */
export type FieldRow = { name: string; value: string; origin: string };

export type OperationExplanation = { method: string; fields: FieldRow[] };

export type JourneyStep = {
  at: number;
  kind:
    | 'came'
    | 'queued'
    | 'received'
    | 'request'
    | 'released'
    | 'delivered'
    | 'deadLetter'
    | 'skipped'
    | 'replayed';
  title: string;
  /** What else there is to say. */
  note: string;
  tone: 'neutral' | 'good' | 'warn' | 'bad';
};

/** What a dead letter's reason means, and what to do about it. */
export type Advice = { means: string; advice: string };

export type Journey = {
  row: EventRow;
  steps: JourneyStep[];
  /** What was decided, or why nothing was made of it. */
  rule: string;
  operations: OperationExplanation[];
  /** What is not sent, what is excluded, that there is no time. */
  notes: string[];
  /** Of a dead letter. */
  advice: Advice | null;
  /** The event as it came. */
  body: string;
  /** Whether `body` is only its beginning. */
  isCut: boolean;
  /** Null for what cannot be sent again. */
  curl: string | null;
};

export type ContactRow = {
  uid: string;
  name: string;
  accounts: readonly string[];
  events: number;
  attributes: { name: string; value: string; source: string }[];
};

export type AccountRow = Omit<ContactRow, 'accounts' | 'events'> & { contacts: number };

export type EventTypeRow = { eventUid: string; displayName: string; count: number };

export type CrmPage = {
  contacts: ContactRow[];
  accounts: AccountRow[];
  eventTypes: EventTypeRow[];
  /** How many there are that match, listed or not. */
  matching: { contacts: number; accounts: number; eventTypes: number };
};

export type DeadLetterCause = Advice & {
  reason: string;
  status: number | null;
  detail: string;
  count: number;
  replayed: number;
  types: { type: string; count: number }[];
  /** The event of one of them, as it came. */
  sample: string;
  /** What today's mapping makes of that one. */
  today: string;
};

export type DeadLetterList = { causes: DeadLetterCause[]; unread: number };

/** What an action on dead letters did, or would do, a line each. */
export type ActionReport = { ok: boolean; lines: string[] };

export type SendReport = { accepted: number; deadLettered: number; skipped: number; error: string | null };

/** What it takes to point a real source here. A configured secret is not shown. */
export type SourceHelp = { url: string; sharedSecret: string | null; token: string | null };
