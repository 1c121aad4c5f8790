/**
 * Every message that a log line can have: what happened, as a noun and a participle; the facts are the line's fields.
 * `metrics.ts` says which of them feed metrics.
 */
export const LOG_MESSAGES = [
  // The ingest.
  'events queued',
  'further events queued',
  'events skipped',
  'events not queued',
  'authentication failed',
  'request rejected',
  'ingest not started',

  // The worker.
  'request completed',
  'ping completed',
  'delivery paused',
  'pause elapsed',
  'delivery resumed',
  'event not mapped',
  'delivered messages not deleted',
  'message of later version released',
  'invocation settled',
  'worker failed',

  // The replay.
  'dead letters replayed',
  'replay dry run completed',
  'replay stopped',

  // Several functions.
  'dead letter written',
  'dead letters not confirmed',
  'messages not confirmed',
  'SQS receive failed',
  'SQS delete failed',
  'SQS visibility change failed',
  'unexpected error caught',

  // The local run.
  'function failed',
  'invocations abandoned',
] as const;

export type LogMessage = (typeof LOG_MESSAGES)[number];
