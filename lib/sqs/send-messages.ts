import type { Clock } from '../runtime/clock.ts';
import { mapConcurrently } from '../runtime/map-concurrently.ts';
import type { Random } from '../runtime/random.ts';
import type { Log } from '../telemetry/log.ts';
import type { OutgoingMessage } from './message.ts';
import { sendCall } from './send-call.ts';
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
 * It goes in rounds: each takes the first messages of every group, so that one that fails holds back the later ones of
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
  let groups: Group[] = Array.from(Map.groupBy(messages, ({ groupId }) => groupId).values(), (waiting) => ({
    waiting,
    atOnce: 1,
  }));
  let roundsWithoutProgress = 0;

  while (groups.length > 0) {
    const slices = groups.map(takeSlice);
    const calls = await mapConcurrently(packCalls(slices), MAX_CALLS, (call) =>
      sendCall(ports, call, signal),
    );
    for (const call of calls) {
      for (const [message, id] of call.confirmed) sqsMessageIds.set(message, id);
      for (const [message, code] of call.refused) refused.set(message, code);
    }
    const failed = slices.map((slice) => slice.filter((message) => !isDone(message)));
    groups = groups.flatMap((group, index) => toNextGroup(group, slices[index] ?? [], failed[index] ?? []));

    const failures = count(failed);
    if (failures > 0) {
      const error = calls.find((call) => call.error)?.error;
      log.warn('messages not confirmed', { failed: failures, error });
      // While SQS takes some, the others wait for no more than the next round: their deadline is short.
      const limit = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** roundsWithoutProgress);
      roundsWithoutProgress = failures < count(slices) ? 0 : roundsWithoutProgress + 1;
      await clock.sleep(random() * limit, signal);
    }
  }
  return { sqsMessageIds, refused };
}

const count = (slices: readonly (readonly OutgoingMessage[])[]): number =>
  slices.reduce((sum, { length }) => sum + length, 0);

/** The messages of one group that are still to be sent, in order, and how many of them go into one call. */
type Group = { waiting: OutgoingMessage[]; atOnce: number };

/**
 * The group after a round. One to a call keeps its order whatever fails. Of more than ten, which would take as many
 * calls one after the other, ten go to a call once SQS has taken one: then only a call that fails in part can change
 * their order. What has failed goes alone.
 */
function toNextGroup(
  { waiting, atOnce }: Group,
  slice: readonly OutgoingMessage[],
  failed: readonly OutgoingMessage[],
): Group[] {
  if (failed.length === 0 && slice.length === waiting.length) return [];
  const left = [...failed, ...waiting.slice(slice.length)];
  if (failed.length > 0) return [{ waiting: left, atOnce: 1 }];
  return [{ waiting: left, atOnce: left.length > MAX_BATCH_ENTRIES ? MAX_BATCH_ENTRIES : atOnce }];
}

/** As many of the group's first messages as one call can carry, and as it may. */
function takeSlice({ waiting, atOnce }: Group): OutgoingMessage[] {
  if (atOnce === 1) return waiting.slice(0, 1);
  let bytes = 0;
  return waiting.slice(0, atOnce).filter((message, index) => {
    bytes += messageBytes(message);
    return index === 0 || bytes <= MAX_MESSAGE_BYTES;
  });
}

/**
 * Calls of at most ten messages and 1 MiB; a slice, which is of one group, stays together and so in order. Long slices
 * come first, so that short ones fill what these leave.
 */
function packCalls(slices: readonly OutgoingMessage[][]): OutgoingMessage[][] {
  const calls: OutgoingMessage[][] = [];
  let call: OutgoingMessage[] = [];
  let bytes = 0;
  for (const slice of slices.toSorted((a, b) => b.length - a.length)) {
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
