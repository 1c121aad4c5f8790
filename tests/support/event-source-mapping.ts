import { randomUUID } from 'node:crypto';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterEach } from '@jest/globals';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import {
  createEventSourceMapping,
  type EventSourceMapping,
} from '../../lib/local/aws/event-source-mapping.ts';
import { type LocalSqs, startLocalSqs } from '../../lib/local/aws/local-sqs.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { getQueueDepth } from '../../lib/sqs/queue-depth.ts';
import { recordingLog } from './log.ts';
import { patientClock } from './patient-clock.ts';
import { until } from './until.ts';

export type Invoke = (lane: number, event: SQSEvent, context: Context) => Promise<unknown>;
type Options = { lanes?: number; clock?: Clock; functionTimeoutMs?: number };

const services: (Pick<LocalSqs, 'stop'> | EventSourceMapping)[] = [];

afterEach(async () => {
  for (const service of services.splice(0).reverse()) await service.stop();
});

export async function setUpMapping(queueOptions: Parameters<typeof startLocalSqs>[0] = {}) {
  const queues = await startLocalSqs(queueOptions);
  services.push(queues);
  const sqs = queues.connect();
  const log = recordingLog();

  function start(
    invoke: Invoke,
    { lanes = 1, clock = patientClock, functionTimeoutMs = 90_000 }: Options = {},
  ) {
    const mapping = createEventSourceMapping({
      sqs,
      queue: queues.main,
      lanes,
      functionTimeoutMs,
      clock,
      log,
      invoke,
    });
    services.push(mapping);
    mapping.start();
    return mapping;
  }

  const depth = () => getQueueDepth(sqs, queues.main.url);
  const untilDepth = (queued: number, inFlight: number) =>
    until(`${queued} messages wait and ${inFlight} are in flight`, async () => {
      const now = await depth();
      return now.queued === queued && now.inFlight === inFlight;
    });
  return { queues, sqs, log, start, depth, untilDepth };
}

/** Messages of one group each, unless `groupOf` says otherwise; a body is its message's number. */
export async function send(
  sqs: SQSClient,
  url: string,
  count: number,
  groupOf = (index: number) => `group-${index}`,
) {
  for (let first = 0; first < count; first += 10) {
    const Entries = Array.from({ length: Math.min(10, count - first) }, (_, offset) => ({
      Id: String(offset),
      MessageBody: String(first + offset),
      MessageGroupId: groupOf(first + offset),
      MessageDeduplicationId: randomUUID(),
    }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
  }
}

export const toBatchItemFailures = (records: readonly SQSRecord[]) =>
  records.map(({ messageId }) => ({ itemIdentifier: messageId }));
