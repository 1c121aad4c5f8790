import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { Context, SQSEvent } from 'aws-lambda';
import { findFailedIds } from '../../../lib/local/aws/batch-response.ts';
import { createLambdaContext } from '../../../lib/local/aws/lambda-context.ts';
import { toSqsRecord } from '../../../lib/local/aws/sqs-record.ts';
import type { Random } from '../../../lib/runtime/random.ts';
import type { Salesmachine } from '../../../lib/salesmachine/client.ts';
import { exponential } from '../../support/seeded-random.ts';
import type { VirtualTime } from '../../support/virtual-time.ts';
import { activeFault, type FaultWindow } from './fault-window.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';
import { type SqsHandler, sqsClient } from './sqs-client.ts';

/**
 * What can happen to an invocation:
 * - `crash`: its process dies at some moment
 * - `throttle`: Lambda does not start it; the messages were received all the same
 * - `garbled`: its answer cannot be read
 * - `restart`: it runs in a new process
 */
export type LambdaFault = 'crash' | 'throttle' | 'garbled' | 'restart';

export type WorkerFunction = (event: SQSEvent, context: Context) => Promise<unknown>;

export type MappingModelOptions = {
  time: VirtualTime;
  random: Random;
  sqs: SqsHandler;
  queueUrl: string;
  lanes: number;
  functionTimeoutMs: number;
  connect: () => Salesmachine;
  createWorker: (sandbox: Sandbox) => WorkerFunction;
  faults?: readonly FaultWindow<LambdaFault>[];
  /** Called with the bodies that an invocation held when it failed. */
  onFailure: (bodies: readonly string[]) => void;
};

export type EventSourceMapping = {
  invocations(): number;
  /** Invocations that did not end in time, and were killed for it, though no message kept them busy. */
  timeouts(): number;
};

const BATCH_SIZE = 10;
const POLL_SECONDS = 20;
const RETRY_MS = 1_000;
const MEAN_TIME_TO_CRASH_MS = 3_000;
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:events.fifo';

/** Lambda's event source mapping and the workers behind it: each lane is a process that runs one batch at a time. */
export function startEventSourceMapping(options: MappingModelOptions): EventSourceMapping {
  const { time, random, queueUrl, lanes, functionTimeoutMs, connect, createWorker, faults = [] } = options;
  const sqs = sqsClient(options.sqs);
  const start = time.now();
  let invocations = 0;
  let timeouts = 0;

  type Worker = { sandbox: Sandbox; handle: WorkerFunction };

  const launch = (): Worker => {
    const sandbox = createSandbox({ time, sqs: options.sqs, salesmachine: connect(), isVulnerable: true });
    return { sandbox, handle: createWorker(sandbox) };
  };

  const receive = async (): Promise<Message[]> => {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: BATCH_SIZE,
      WaitTimeSeconds: POLL_SECONDS,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    try {
      return (await sqs.send(command)).Messages ?? [];
    } catch {
      await time.sleep(RETRY_MS);
      return [];
    }
  };

  const remove = async (messages: readonly Message[]): Promise<void> => {
    const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    // What is not deleted comes back: the model of SQS has taken note.
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries })).catch(() => undefined);
  };

  /** Invokes the worker with the messages, and returns those that are to be deleted. */
  const invoke = async (
    { sandbox, handle }: Worker,
    messages: readonly Message[],
    isGarbled: boolean,
  ): Promise<Message[]> => {
    invocations += 1;
    const event = { Records: messages.map((message) => toSqsRecord(message, QUEUE_ARN)) };
    const context = createLambdaContext('worker', functionTimeoutMs, time);
    const result = await sandbox.invoke(() => handle(event, context), functionTimeoutMs);
    if (result.kind === 'timed_out' && !sandbox.wasBusy()) timeouts += 1;
    const hasAnswer = result.kind === 'answered' && !isGarbled;
    if (!hasAnswer) options.onFailure([...messages.map(({ Body = '' }) => Body), ...sandbox.received()]);
    const ids = new Set(event.Records.map(({ messageId }) => messageId));
    const failed = findFailedIds(hasAnswer ? result.value : 'none', ids);
    return messages.filter(({ MessageId = '' }) => !failed.has(MessageId));
  };

  /** The worker that the messages go to, if a fault befalls the lane. */
  const strike = (worker: Worker, fault: LambdaFault | undefined): Worker => {
    const next = fault === 'restart' || !worker.sandbox.isAlive() ? launch() : worker;
    if (fault === 'crash') time.schedule(exponential(random, MEAN_TIME_TO_CRASH_MS), next.sandbox.kill);
    return next;
  };

  const runLane = async (): Promise<never> => {
    let worker = launch();
    for (;;) {
      const messages = await receive();
      if (messages.length === 0) continue;
      const fault = activeFault(faults, time.now() - start, random);
      if (fault === 'throttle') {
        await time.sleep(RETRY_MS);
        continue;
      }
      worker = strike(worker, fault);
      const done = await invoke(worker, messages, fault === 'garbled');
      if (done.length > 0) await remove(done);
    }
  };

  for (let lane = 0; lane < lanes; lane += 1) void runLane();
  return { invocations: () => invocations, timeouts: () => timeouts };
}
