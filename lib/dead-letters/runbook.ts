import type { Reason } from './reasons.ts';

type RunbookEntry = {
  /** What happened. */
  means: string;
  /** What the operator does about it. */
  advice: string;
};

/** For each reason, what it means and what to do about it. */
export const runbook: Record<Reason, RunbookEntry> = {
  unparseable: {
    means: 'the request, or an element of it, was not JSON that could be read',
    advice: 'find the sender (relay dlq show names it), fix it there and send the events again, then purge',
  },
  invalid_event: {
    means: "the event lacks what Segment's spec requires",
    advice:
      'fix it at its source and send it again, then purge; a replay helps only once the mapping accepts it (--dry-run says so)',
  },
  unmappable: {
    means: 'the relay itself failed while mapping the event: a bug of the relay',
    advice:
      'report it with the error line in the log (relay logs), which names the place in the code; deploy the fix, then replay with --canary 5',
  },
  too_large: {
    means: 'the event alone exceeds what SQS or Salesmachine accepts',
    advice:
      "send less in one event, then purge: an event over SQS's 1 MiB is stored cut, and cannot be replayed",
  },
  rejected: {
    means: 'Salesmachine rejects the data of the event',
    advice:
      'see what was sent (relay dlq show), fix the attribute in Salesmachine or the mapping, then replay with --canary 5; if relay status says HELD, everything is rejected: fix that first',
  },
  server_error: {
    means: 'Salesmachine answered this event with a server error for days, while others passed',
    advice:
      'report it to Salesmachine with the time and the detail; once it is fixed there, replay with --canary 5',
  },
  alias_unsupported: {
    means: 'Salesmachine does not know the alias call',
    advice: 'set ALIAS=off and purge these; or keep them until Salesmachine has such a call, then replay',
  },
  receive_limit: {
    means: 'SQS moved it here after 1,000 receives: it is likely to crash the worker',
    advice: "look for crashes in the worker's log, fix and deploy the worker, then replay with --canary 1",
  },
};
