import { getQueueDepth } from '../sqs/queue-depth.ts';
import type { Sqs } from '../sqs/sqs-client.ts';
import type { LocalSqs } from './aws/local-sqs.ts';
import type { Counts } from './console/protocol.ts';
import type { EventCounts, RequestCounts } from './with-counters.ts';

/** `GET /local/state`, which the console's page shows, too. */
export type RelayState = Counts;

type Sources = {
  sqs: Sqs;
  queues: Pick<LocalSqs, 'main' | 'deadLetters'>;
  messageCounter: { delivered(): number };
  ingest: { counts(): EventCounts };
  salesmachine: { counts(): RequestCounts };
};

/** Where the events are at this moment. */
export async function readRelayState({ sqs, queues, ...counters }: Sources): Promise<RelayState> {
  const [main, deadLetters] = await Promise.all([
    getQueueDepth(sqs, queues.main.url),
    getQueueDepth(sqs, queues.deadLetters.url),
  ]);
  return {
    ...counters.ingest.counts(),
    ...main,
    delivered: counters.messageCounter.delivered(),
    deadLettered: deadLetters.queued + deadLetters.inFlight,
    ...counters.salesmachine.counts(),
  };
}
