import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { DeliverySettings } from '../../lib/delivery/lane.ts';
import { createPacer } from '../../lib/delivery/pacer.ts';
import { readQueuedEvent } from '../../lib/delivery/queued-event.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import type { Salesmachine } from '../../lib/salesmachine/client.ts';
import { toOutcome } from '../../lib/salesmachine/outcome.ts';
import { fromSqsRecord } from '../../lib/sqs/received-message.ts';

type Options = {
  /** Events in a request; 10 are all that a Lambda function on a FIFO queue is handed at once. */
  perRequest: number;
  delivery: DeliverySettings;
  salesmachine: Salesmachine;
  clock: Clock;
};

/**
 * What people write: a function that sends what it is handed, so many events a request. It is paced as the relay is, so
 * that the comparison is one of how full its requests are, not one of refused requests.
 */
export function createPlainWorker({ perRequest, delivery, salesmachine, clock }: Options) {
  const pacer = createPacer(delivery.quota, clock.now());

  return async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    for (let first = 0; first < Records.length; first += perRequest) {
      await clock.sleep(Math.max(0, pacer.nextSlot() - clock.now()));
      pacer.reserveSlot(clock.now());
      const operations = Records.slice(first, first + perRequest).flatMap((record) => {
        const queuedEvent = readQueuedEvent(fromSqsRecord(record), delivery.mapping);
        return 'invalid' in queuedEvent ? [] : queuedEvent.operations.map((operation) => operation.operation);
      });
      const answer = await salesmachine.post('/v1/batch', JSON.stringify(operations));
      if (toOutcome('/v1/batch', answer) !== 'delivered') {
        const failed = Records.slice(first);
        return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
      }
    }
    return { batchItemFailures: [] };
  };
}
