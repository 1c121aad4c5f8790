import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Clock } from '../../runtime/clock.ts';
import { withTimeout } from '../../runtime/deadline.ts';
import type { Sqs } from '../../sqs/sqs-client.ts';
import { errorFields, unexpectedErrorFields } from '../../telemetry/error-fields.ts';
import type { Log } from '../../telemetry/log.ts';
import { findFailedIds } from './batch-response.ts';
import { createLambdaContext } from './lambda-context.ts';
import { toSqsRecord } from './sqs-record.ts';

/** The most that a mapping of a FIFO queue hands to one invocation. Source: Lambda's documentation. */
const BATCH_SIZE = 10;

/** Shorter than the time after which the SQS client gives a request up. */
const WAIT_SECONDS = 1;

/** The pause after a receive that failed. */
const RECEIVE_RETRY_MS = 500;

/** How long a stop waits for the invocations that still run. */
const STOP_GRACE_MS = 2_000;

export type EventSourceMapping = {
  start(): void;
  /** Receives nothing more; resolves once the running invocations have ended, or after 2 s. */
  stop(): Promise<void>;
};

type MappingOptions = {
  sqs: Sqs;
  queue: { url: string; arn: string };
  /** Invocations at once; each lane runs one at a time. */
  lanes: number;
  functionTimeoutMs: number;
  clock: Clock;
  log: Log;
  /** The function's answer is not trusted to be well-formed: that is what this is a model of. */
  invoke(lane: number, event: SQSEvent, context: Context): Promise<unknown>;
};

/**
 * Lambda's event source mapping of an SQS queue, with `ReportBatchItemFailures` and a `maximumConcurrency` of `lanes`.
 *
 * Messages that an invocation did not report as failed are deleted. All others are left alone, so that they come back
 * when their visibility time-out ends, be it the queue's or one that the function has set; and so does the whole batch
 * when the function throws, takes too long, or gives an answer that cannot be read.
 */
export function createEventSourceMapping(options: MappingOptions): EventSourceMapping {
  const { sqs, queue, lanes, functionTimeoutMs, clock, log, invoke } = options;
  const stopping = new AbortController();
  let running: Promise<unknown> = Promise.resolve();

  async function runLane(lane: number): Promise<void> {
    while (!stopping.signal.aborted) {
      const records = await receive();
      const succeeded = records.length > 0 ? await invokeFunction(lane, records) : [];
      if (succeeded.length > 0) await deleteMessages(succeeded);
    }
  }

  async function receive(): Promise<SQSRecord[]> {
    try {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queue.url,
          MaxNumberOfMessages: BATCH_SIZE,
          WaitTimeSeconds: WAIT_SECONDS,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
        { abortSignal: stopping.signal },
      );
      return Messages.map((message) => toSqsRecord(message, queue.arn));
    } catch (error) {
      if (!stopping.signal.aborted) {
        log.warn('SQS receive failed', errorFields(error));
        await clock.sleep(RECEIVE_RETRY_MS, stopping.signal).catch(() => undefined);
      }
      return [];
    }
  }

  /** Invokes the function with the batch, and returns what is to be deleted. */
  async function invokeFunction(lane: number, records: SQSRecord[]): Promise<SQSRecord[]> {
    const context = createLambdaContext('worker', functionTimeoutMs, clock, `lane-${lane}`);
    try {
      const response = await withTimeout(
        clock,
        functionTimeoutMs,
        invoke(lane, { Records: records }, context),
      );
      const failed = findFailedIds(response, new Set(records.map(({ messageId }) => messageId)));
      return records.filter(({ messageId }) => !failed.has(messageId));
    } catch (error) {
      log.error('function failed', {
        lane: `lane-${lane}`,
        messages: records.length,
        ...unexpectedErrorFields(error),
      });
      return [];
    }
  }

  async function deleteMessages(records: readonly SQSRecord[]): Promise<void> {
    try {
      const { Failed = [] } = await sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: queue.url,
          Entries: records.map(({ receiptHandle }, index) => ({
            Id: String(index),
            ReceiptHandle: receiptHandle,
          })),
        }),
      );
      if (Failed.length > 0) log.warn('SQS delete failed', { messages: Failed.length });
    } catch (error) {
      log.warn('SQS delete failed', {
        messages: records.length,
        ...errorFields(error),
      });
    }
  }

  return {
    start() {
      running = Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)));
    },
    async stop() {
      stopping.abort();
      await withTimeout(clock, STOP_GRACE_MS, running).catch(() => log.warn('invocations abandoned', {}));
    },
  };
}
