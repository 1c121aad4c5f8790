import {
  type BatchResultErrorEntry,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
} from '@aws-sdk/client-sqs';
import type { Clock } from '../runtime/clock.ts';
import { errorName } from '../runtime/errors.ts';
import { mapConcurrently } from '../runtime/map-concurrently.ts';
import type { Random } from '../runtime/random.ts';
import type { Log } from '../telemetry/log.ts';
import type { OutgoingMessage } from './message.ts';
import type { Sqs } from './sqs-client.ts';
import { MAX_BATCH_ENTRIES, MAX_CALLS, MAX_MESSAGE_BYTES, messageBytes } from './sqs-limits.ts';

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 1_000;

export type SendPorts = {
  sqs: Sqs;
  queueUrl: string;
  clock: Clock;
  random: Random;
  log: Log;
  /** When all should be sent, in milliseconds since the epoch: a group that would take too long goes ten to a call. */
  finishBy?: number;
};

/** What SQS has confirmed: the ids that it gave the messages. */
export type SqsMessageIds = ReadonlyMap<OutgoingMessage, string>;

export type SendResult = {
  sqsMessageIds: SqsMessageIds;
  /** What SQS will never take, with its error code. */
  refused: ReadonlyMap<OutgoingMessage, string>;
};

/** SQS will never take one of the messages. */
class MessageRefusedError extends Error {
  override name = 'MessageRefusedError' as const;
}

/**
 * Sends the messages and resolves once SQS has confirmed every one of them.
 *
 * @throws MessageRefusedError, or the signal's reason; then some of the messages may be in the queue. To send them
 * again does no harm: their deduplication ids are the same.
 */
export async function sendMessages(
  messages: readonly OutgoingMessage[],
  ports: SendPorts,
  signal: AbortSignal,
): Promise<SqsMessageIds> {
  const { sqsMessageIds, refused } = await trySendMessages(messages, ports, signal);
  const [code] = refused.values();
  if (code !== undefined) throw new MessageRefusedError(`SQS refuses a message: ${code}`);
  return sqsMessageIds;
}

/**
 * Sends the messages and resolves once SQS has confirmed or refused every one of them.
 *
 * It goes in rounds: each takes the first message of every group, so that one that fails holds back the later ones of
 * its group and no others. What fails is in the next round again, until the signal aborts.
 *
 * @throws the signal's reason, as `sendMessages`
 */
export async function trySendMessages(
  messages: readonly OutgoingMessage[],
  ports: SendPorts,
  signal: AbortSignal,
): Promise<SendResult> {
  const { clock, random, log } = ports;
  const sqsMessageIds = new Map<OutgoingMessage, string>();
  const refused = new Map<OutgoingMessage, string>();
  const isDone = (message: OutgoingMessage) => sqsMessageIds.has(message) || refused.has(message);
  let groups: Group[] = Map.groupBy(messages, ({ groupId }) => groupId)
    .values()
    .map((waiting) => ({ waiting, atOnce: 1 }))
    .toArray();
  let roundsWithoutProgress = 0;

  while (groups.length > 0) {
    const slices = groups.map(({ waiting, atOnce }) => takeFitting(waiting.slice(0, atOnce)));
    const startedAt = clock.now();
    const calls = await mapConcurrently(packCalls(slices), MAX_CALLS, (call) =>
      sendCall(ports, call, signal),
    );
    const roundMs = clock.now() - startedAt;
    for (const call of calls) {
      for (const [message, id] of call.confirmed) sqsMessageIds.set(message, id);
      for (const [message, code] of call.refused) refused.set(message, code);
    }
    groups = groups.flatMap((group, index) => {
      const waiting = group.waiting.filter((message) => !isDone(message));
      const hasFailed = slices[index]?.some((message) => !isDone(message)) ?? false;
      if (waiting.length === 0) return [];
      return { waiting, atOnce: hasFailed ? 1 : chooseAtOnce({ ...group, waiting }, roundMs, ports) };
    });

    const failed = slices.flat().filter((message) => !isDone(message)).length;
    if (failed > 0) {
      log.warn('messages not confirmed', { failed, error: calls.find((call) => call.error)?.error });
      // While SQS takes some, the others wait for no more than the next round: their deadline is short.
      const limit = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** roundsWithoutProgress);
      roundsWithoutProgress = failed < slices.flat().length ? 0 : roundsWithoutProgress + 1;
      await clock.sleep(random() * limit, signal);
    }
  }
  return { sqsMessageIds, refused };
}

/** The messages of one group that are still to be sent, in order, and how many of them go into one call. */
type Group = { waiting: OutgoingMessage[]; atOnce: number };

/**
 * One to a call keeps a group's order whatever fails. Where that would take more than half of the time that is left, by
 * the duration of the last round, ten go to a call: then only a call that fails in part can change their order. What
 * has failed goes alone in any case.
 */
function chooseAtOnce(
  { waiting, atOnce }: Group,
  roundMs: number,
  { clock, finishBy = Number.POSITIVE_INFINITY }: SendPorts,
): number {
  const isInTime = waiting.length * roundMs <= (finishBy - clock.now()) / 2;
  return isInTime ? atOnce : MAX_BATCH_ENTRIES;
}

/** As many of the first messages as one call can carry. */
function takeFitting(messages: OutgoingMessage[]): OutgoingMessage[] {
  let bytes = 0;
  return messages.filter((message, index) => {
    bytes += messageBytes(message);
    return index === 0 || bytes <= MAX_MESSAGE_BYTES;
  });
}

/** Calls of at most ten messages and 1 MiB; a slice, which is of one group, stays together and so in order. */
function packCalls(slices: readonly OutgoingMessage[][]): OutgoingMessage[][] {
  const calls: OutgoingMessage[][] = [];
  let call: OutgoingMessage[] = [];
  let bytes = 0;
  for (const slice of slices) {
    const sliceBytes = slice.reduce((sum, message) => sum + messageBytes(message), 0);
    if (
      call.length > 0 &&
      (call.length + slice.length > MAX_BATCH_ENTRIES || bytes + sliceBytes > MAX_MESSAGE_BYTES)
    ) {
      calls.push(call);
      call = [];
      bytes = 0;
    }
    call.push(...slice);
    bytes += sliceBytes;
  }
  return call.length > 0 ? [...calls, call] : calls;
}

type CallResult = {
  confirmed: [OutgoingMessage, string][];
  refused: [OutgoingMessage, string][];
  /** Why SQS did not confirm the others. */
  error?: string | undefined;
};

async function sendCall(
  { sqs, queueUrl }: SendPorts,
  messages: readonly OutgoingMessage[],
  signal: AbortSignal,
): Promise<CallResult> {
  signal.throwIfAborted();
  try {
    const { Successful = [], Failed = [] } = await sqs.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: messages.map(toBatchEntry) }),
      { abortSignal: signal },
    );
    const pairs = (entries: { Id: string | undefined; value: string | undefined }[]) =>
      entries.flatMap(({ Id, value = '' }): [OutgoingMessage, string][] => {
        const message = messages[Number(Id)];
        return message ? [[message, value]] : [];
      });
    return {
      confirmed: pairs(Successful.map(({ Id, MessageId }) => ({ Id, value: MessageId }))),
      refused: pairs(Failed.filter(isPermanent).map(({ Id, Code }) => ({ Id, value: Code }))),
      error: Failed.find((entry) => !isPermanent(entry))?.Code,
    };
  } catch (error) {
    signal.throwIfAborted();
    return { confirmed: [], refused: [], error: errorName(error) };
  }
}

/** Codes that SQS gives the sender's fault, but that are about its rate or its rights and not about the message. */
const TRANSIENT_CODE = /throttl|limit|denied|kms|security|signature|token|nonexistent/i;

const isPermanent = ({ SenderFault, Code = '' }: BatchResultErrorEntry): boolean =>
  SenderFault === true && !TRANSIENT_CODE.test(Code);

const stringAttribute = (value: string) => ({ DataType: 'String', StringValue: value });

function toBatchEntry(message: OutgoingMessage, index: number): SendMessageBatchRequestEntry {
  return {
    Id: String(index),
    MessageBody: message.body,
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.deduplicationId,
    MessageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, value]) => [name, stringAttribute(value)]),
    ),
    ...(message.traceHeader && {
      MessageSystemAttributes: { AWSTraceHeader: stringAttribute(message.traceHeader) },
    }),
  };
}
