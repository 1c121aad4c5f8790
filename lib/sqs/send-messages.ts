import { SendMessageBatchCommand, type SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import type { Clock } from '../runtime/clock.ts';
import { errorName } from '../runtime/errors.ts';
import type { Random } from '../runtime/random.ts';
import type { Log } from '../telemetry/log.ts';
import type { OutgoingMessage } from './message.ts';
import type { Sqs } from './sqs-client.ts';
import { MAX_BATCH_ENTRIES, MAX_MESSAGE_BYTES, messageBytes } from './sqs-limits.ts';

/** Above this, a group goes ten to a call: 4,000 events of one user must fit the deadline. */
const SEND_SINGLY_UP_TO = 100;

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 1_000;

type SendPorts = { sqs: Sqs; queueUrl: string; clock: Clock; random: Random; log: Log };

/** What SQS has confirmed: the ids that it gave the messages. */
export type SqsMessageIds = ReadonlyMap<OutgoingMessage, string>;

/**
 * Sends the messages and resolves once SQS has confirmed every one of them.
 *
 * It goes in rounds: each takes the first message of every group, so that one that fails holds back the later ones of
 * its group and nobody else's. What fails is in the next round again, until the signal aborts.
 *
 * @throws the signal's reason; then some of the messages may be in the queue. To send them again does no harm: their
 * deduplication ids are the same.
 */
export async function sendMessages(
  messages: readonly OutgoingMessage[],
  { sqs, queueUrl, clock, random, log }: SendPorts,
  signal: AbortSignal,
): Promise<SqsMessageIds> {
  const sqsMessageIds = new Map<OutgoingMessage, string>();
  let groups = [...Map.groupBy(messages, (message) => message.groupId).values()].map((waiting) => ({
    waiting,
    atOnce: waiting.length > SEND_SINGLY_UP_TO ? MAX_BATCH_ENTRIES : 1,
  }));
  let roundsWithoutProgress = 0;
  while (groups.length > 0) {
    const slices = groups.map(({ waiting, atOnce }) => takeFitting(waiting.slice(0, atOnce)));
    const calls = await Promise.all(packCalls(slices).map((call) => sendCall(sqs, queueUrl, call, signal)));
    const confirmed = new Map(calls.flatMap((call) => [...call.confirmed]));
    for (const [message, id] of confirmed) sqsMessageIds.set(message, id);
    groups = groups
      .map((group, index) => ({
        ...group,
        waiting: dropConfirmed(group.waiting, slices[index] ?? [], confirmed),
      }))
      .filter(({ waiting }) => waiting.length > 0);
    const failed = slices.flat().length - confirmed.size;
    if (failed > 0) {
      log.warn('messages not confirmed', {
        failed,
        error: calls.find((call) => call.error)?.error,
      });
      // While SQS takes some, the others wait for no more than the next round: their deadline is short.
      const limit = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** roundsWithoutProgress);
      roundsWithoutProgress = confirmed.size > 0 ? 0 : roundsWithoutProgress + 1;
      await clock.sleep(random() * limit, signal);
    }
  }
  return sqsMessageIds;
}

/** As many of the first messages as one call can carry. */
function takeFitting(messages: OutgoingMessage[]): OutgoingMessage[] {
  let bytes = 0;
  return messages.filter((message, index) => {
    bytes += messageBytes(message);
    return index === 0 || bytes <= MAX_MESSAGE_BYTES;
  });
}

/** What is left of a group's line after its `unit` was sent. */
function dropConfirmed(
  waiting: OutgoingMessage[],
  slice: OutgoingMessage[],
  confirmed: SqsMessageIds,
): OutgoingMessage[] {
  return [...slice.filter((message) => !confirmed.has(message)), ...waiting.slice(slice.length)];
}

/** Calls of at most ten messages and 1 MiB; a unit, which is of one group, stays together and so in order. */
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

/** One call: the messages that SQS confirmed, and why it did not confirm the others. */
async function sendCall(
  sqs: Sqs,
  queueUrl: string,
  messages: readonly OutgoingMessage[],
  signal: AbortSignal,
): Promise<{ confirmed: SqsMessageIds; error?: string | undefined }> {
  signal.throwIfAborted();
  try {
    const { Successful = [], Failed = [] } = await sqs.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: messages.map(toBatchEntry) }),
      { abortSignal: signal },
    );
    const confirmed = Successful.flatMap(({ Id, MessageId = '' }): [OutgoingMessage, string][] => {
      const message = messages[Number(Id)];
      return message ? [[message, MessageId]] : [];
    });
    return { confirmed: new Map(confirmed), error: Failed[0]?.Code };
  } catch (error) {
    signal.throwIfAborted();
    return { confirmed: new Map(), error: errorName(error) };
  }
}

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
