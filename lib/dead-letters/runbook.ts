import type { Reason } from './dead-letter.ts';

type RunbookEntry = {
  /** What happened. */
  means: string;
  /** What whoever is on call does about it. */
  advice: string;
};

/** For each reason, what it means and what to do about it. */
export const runbook: Record<Reason, RunbookEntry> = {
  unparseable: {
    means: 'the request, or an element of it, was no JSON that could be read',
    advice: 'find the sender (relay dlq show) and mend it there, let it send again, then purge',
  },
  invalid_event: {
    means: "the event lacks what Segment's spec demands",
    advice:
      'mend it at its source and let that send it again, then purge; a replay helps only once the mapping takes it (--dry-run tells)',
  },
  too_large: {
    means: 'the event alone is over what SQS or Salesmachine takes',
    advice:
      "send less in one event, then purge: what is over SQS's 1 MiB is stored cut, and cannot be replayed",
  },
  rejected: {
    means: 'Salesmachine refuses the data of this very event, while its neighbours passed',
    advice:
      'see what was sent (relay dlq show), mend the attribute in Salesmachine or the mapping, then replay with --canary 5',
  },
  server_error: {
    means: "Salesmachine answered this very event with a server's error for days, while others passed",
    advice:
      'report it to Salesmachine with the time and the detail; once they have mended it, replay with --canary 5',
  },
  alias_unsupported: {
    means: 'Salesmachine does not know the alias call',
    advice: 'set ALIAS=off and purge these; or keep them until Salesmachine has such a call, and replay',
  },
  receive_limit: {
    means: 'SQS gave it up after 1,000 receives: it is likely to crash the worker',
    advice: "look for crashes in the worker's log, mend and deploy the worker, then replay with --canary 1",
  },
};
