import { SendMessageBatchCommand, type SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import type { Clock, Random } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { OutgoingMessage } from './message.ts';
import type { Sqs } from './sqs-client.ts';
import { MAX_BYTES, MAX_ENTRIES, sizeOf } from './sqs-limits.ts';

/** Above this, a group goes ten to a call: 4,000 events of one user must fit the deadline. */
const LARGE_GROUP = 100;

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1_000;

type SendPorts = { sqs: Sqs; queueUrl: string; clock: Clock; random: Random; log: Log };

/** What SQS has confirmed: the ids that it gave the messages. */
export type Confirmed = ReadonlyMap<OutgoingMessage, string>;

/**
 * Sends the messages and resolves once SQS has confirmed every one of them.
 *
 * It goes in rounds: each takes the first message of every group, so that one that fails holds back the later ones of
 * its group and nobody else's. What fails is in the next round again, until the signal aborts.
 *
 * @throws the signal's reason; then some of the messages may be in the queue. To send them again does no harm: their
 * deduplication ids are the same.
 */
export async function sendAll(
  messages: readonly OutgoingMessage[],
  { sqs, queueUrl, clock, random, log }: SendPorts,
  signal: AbortSignal,
): Promise<Confirmed> {
  const sent = new Map<OutgoingMessage, string>();
  let groups = [...Map.groupBy(messages, (message) => message.groupId).values()].map((waiting) => ({
    waiting,
    atOnce: waiting.length > LARGE_GROUP ? MAX_ENTRIES : 1,
  }));
  let futileRounds = 0;
  while (groups.length > 0) {
    const units = groups.map(({ waiting, atOnce }) => fitting(waiting.slice(0, atOnce)));
    const calls = await Promise.all(pack(units).map((call) => sendCall(sqs, queueUrl, call, signal)));
    const confirmed = new Map(calls.flatMap((call) => [...call.confirmed]));
    for (const [message, id] of confirmed) sent.set(message, id);
    groups = groups
      .map((group, index) => ({ ...group, waiting: without(group.waiting, units[index] ?? [], confirmed) }))
      .filter(({ waiting }) => waiting.length > 0);
    const failed = units.flat().length - confirmed.size;
    if (failed > 0) {
      log.warn('SQS did not take messages, trying again', {
        failed,
        cause: calls.find((call) => call.cause)?.cause,
      });
      // While SQS takes some, the others wait for no more than the next round: their deadline is short.
      const limit = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** futileRounds);
      futileRounds = confirmed.size > 0 ? 0 : futileRounds + 1;
      await clock.sleep(random() * limit, signal);
    }
  }
  return sent;
}

/** As many of the first messages as one call can carry. */
function fitting(messages: OutgoingMessage[]): OutgoingMessage[] {
  let bytes = 0;
  return messages.filter((message, index) => {
    bytes += sizeOf(message);
    return index === 0 || bytes <= MAX_BYTES;
  });
}

/** What is left of a group's line after its `unit` was sent. */
function without(
  waiting: OutgoingMessage[],
  unit: OutgoingMessage[],
  confirmed: Confirmed,
): OutgoingMessage[] {
  return [...unit.filter((message) => !confirmed.has(message)), ...waiting.slice(unit.length)];
}

/** Calls of at most ten messages and 1 MiB; a unit, which is of one group, stays together and so in order. */
function pack(units: readonly OutgoingMessage[][]): OutgoingMessage[][] {
  const calls: OutgoingMessage[][] = [];
  let call: OutgoingMessage[] = [];
  let bytes = 0;
  for (const unit of units) {
    const unitBytes = unit.reduce((sum, message) => sum + sizeOf(message), 0);
    if (call.length > 0 && (call.length + unit.length > MAX_ENTRIES || bytes + unitBytes > MAX_BYTES)) {
      calls.push(call);
      call = [];
      bytes = 0;
    }
    call.push(...unit);
    bytes += unitBytes;
  }
  return call.length > 0 ? [...calls, call] : calls;
}

/** One call: the messages that SQS confirmed, and why it did not confirm the others. */
async function sendCall(
  sqs: Sqs,
  queueUrl: string,
  messages: readonly OutgoingMessage[],
  signal: AbortSignal,
): Promise<{ confirmed: Confirmed; cause?: string | undefined }> {
  signal.throwIfAborted();
  try {
    const { Successful = [], Failed = [] } = await sqs.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: messages.map(entryOf) }),
      { abortSignal: signal },
    );
    const confirmed = Successful.flatMap(({ Id, MessageId = '' }): [OutgoingMessage, string][] => {
      const message = messages[Number(Id)];
      return message ? [[message, MessageId]] : [];
    });
    return { confirmed: new Map(confirmed), cause: Failed[0]?.Code };
  } catch (error) {
    signal.throwIfAborted();
    return { confirmed: new Map(), cause: error instanceof Error ? error.name : 'unknown' };
  }
}

const stringAttribute = (value: string) => ({ DataType: 'String', StringValue: value });

function entryOf(message: OutgoingMessage, index: number): SendMessageBatchRequestEntry {
  return {
    Id: String(index),
    MessageBody: message.body,
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.deduplicationId,
    MessageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, value]) => [name, stringAttribute(value)]),
    ),
    ...(message.trace && { MessageSystemAttributes: { AWSTraceHeader: stringAttribute(message.trace) } }),
  };
}
