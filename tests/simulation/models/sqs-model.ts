import {
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import type { Random } from '../../../lib/runtime/random.ts';
import { aroundMedian } from '../../support/seeded-random.ts';
import type { VirtualTime } from '../../support/virtual-time.ts';
import { activeFault, type FaultWindow } from './fault-window.ts';
import type { FifoQueue } from './queue-model.ts';
import { createAbortError, type SqsCall, type SqsHandler } from './sqs-client.ts';
import { createSqsService } from './sqs-service.ts';
import { toSqsException } from './sqs-service-limits.ts';

/**
 * What can be wrong with SQS, after the SDK's own retries:
 * - `refused`: an error, and nothing was done
 * - `lost`: it was done, but the answer never came
 * - `partial`: some entries of a batch fail
 * - `slow`: the answer takes a second or two
 * - `short`: a receive finds one message though there are more
 * - `unsendable`: nothing can be sent, though all else works
 * - `no_dead_letters`: the queue of dead letters takes nothing, though all else works
 */
export type SqsFault = 'refused' | 'lost' | 'partial' | 'slow' | 'short' | 'unsendable' | 'no_dead_letters';

export type SqsModelOptions = {
  time: VirtualTime;
  random: Random;
  /** By URL. */
  queues: Record<string, FifoQueue>;
  deadLetterQueueUrl?: string;
  /** The median of a call's duration. */
  latencyMs?: number;
  faults?: readonly FaultWindow<SqsFault>[];
  /** Called with each message whose deletion failed through SQS's fault. */
  onUndeleted?: (queueUrl: string, receipt: string) => void;
};

type Failing = ReadonlySet<string>;

/** The SDK's own limit on a request, after which it gives up on an answer. */
const REQUEST_TIMEOUT_MS = 2_000;
const MAX_RECEIVED = 10;
const NONE: Failing = new Set();

/** SQS behind a network, in virtual time: takes the SDK's commands, and fails as the SDK's client would. */
export function createSqsModel(options: SqsModelOptions): SqsHandler {
  const { time, random, queues, latencyMs = 8, faults = [], onUndeleted = () => {} } = options;
  const service = createSqsService(time, queues);
  const usual = { failing: NONE, atMost: MAX_RECEIVED };
  const start = time.now();

  const isFailing = (command: SqsCall, fault: SqsFault | undefined) => {
    if (fault === 'refused') return true;
    if (!(command instanceof SendMessageBatchCommand)) return false;
    const isDeadLetter = command.input.QueueUrl === options.deadLetterQueueUrl;
    return fault === 'unsendable' || (fault === 'no_dead_letters' && isDeadLetter);
  };

  const reportUndeleted = (command: SqsCall, failing: Failing | 'all') => {
    for (const { Id = '', QueueUrl = '', ReceiptHandle = '' } of deletionsOf(command)) {
      if (failing === 'all' || failing.has(Id)) onUndeleted(QueueUrl, ReceiptHandle);
    }
  };

  type Circumstances = { fault: SqsFault | undefined; latency: number; signal: AbortSignal | undefined };

  const carryOut = async (command: SqsCall, { fault, latency, signal }: Circumstances): Promise<object> => {
    if (fault === 'lost') {
      await service(command, { ...usual, signal });
      await time.sleep(REQUEST_TIMEOUT_MS, signal);
      throw Object.assign(new Error('The request timed out.'), { name: 'TimeoutError' });
    }
    // A call that is given up may have arrived or not: some are carried out at once, some at the end.
    const arrivesEarly = signal !== undefined && fault === undefined && random() < 0.5;
    const early = arrivesEarly ? await service(command, { ...usual, signal }) : undefined;
    await time.sleep(latency, signal);
    if (early) return early;
    if (isFailing(command, fault)) {
      reportUndeleted(command, 'all');
      const message = 'SQS is not available.';
      throw toSqsException({ code: 'ServiceUnavailable', message, senderFault: false });
    }
    const failing = fault === 'partial' ? pickSome(entryIdsOf(command), random) : NONE;
    reportUndeleted(command, failing);
    return service(command, { failing, atMost: fault === 'short' ? 1 : MAX_RECEIVED, signal });
  };

  const answer = async (command: SqsCall, signal: AbortSignal | undefined): Promise<object> => {
    if (signal?.aborted) throw createAbortError();
    const fault = activeFault(faults, time.now() - start, random);
    const latency = aroundMedian(random, latencyMs) + (fault === 'slow' ? 500 + random() * 1_000 : 0);
    try {
      return await carryOut(command, { fault, latency, signal });
    } catch (error) {
      if (signal?.aborted) {
        reportUndeleted(command, 'all');
        throw createAbortError();
      }
      throw error;
    }
  };

  return answer;
}

type Deletion = { Id?: string | undefined; QueueUrl: string | undefined; ReceiptHandle: string | undefined };

/** What a command is to delete; a single message has no `Id`, and fails only with its call. */
function deletionsOf(command: SqsCall): Deletion[] {
  if (command instanceof DeleteMessageCommand) {
    const { QueueUrl, ReceiptHandle } = command.input;
    return [{ QueueUrl, ReceiptHandle }];
  }
  if (!(command instanceof DeleteMessageBatchCommand)) return [];
  const { QueueUrl, Entries = [] } = command.input;
  return Entries.map(({ Id, ReceiptHandle }) => ({ Id, QueueUrl, ReceiptHandle }));
}

const entryIdsOf = ({ input }: SqsCall): string[] =>
  'Entries' in input ? (input.Entries ?? []).map(({ Id }) => Id ?? '') : [];

/** About a third of them, one at least. */
function pickSome(ids: readonly string[], random: Random): Failing {
  const unlucky = ids[Math.floor(random() * ids.length)];
  return new Set(ids.filter((id) => id === unlucky || random() < 0.3));
}
