import { type DeadLetter, serializeDeadLetter } from '../dead-letters/dead-letter.ts';
import type { Clock } from '../runtime/clock.ts';
import { withDeadline } from '../runtime/deadline.ts';
import type { Random } from '../runtime/random.ts';
import { trySendMessages } from '../sqs/send-messages.ts';
import type { Sqs } from '../sqs/sqs-client.ts';
import type { Log } from '../telemetry/log.ts';
import { type TriageContext, type TriagedEvent, triageRefused } from './triage.ts';

/** Segment gives up on a classic webhook, which carries one event, after 5 s, and would send again what is queued. */
export const DEADLINE_MS = 4_000;

/** Only Segment's newer webhooks and its SDKs send more than 100 events at once, and they wait 10 s. */
export const LARGE_REQUEST_DEADLINE_MS = 7_000;
const LARGE_REQUEST_EVENTS = 101;

type EnqueuePorts = { sqs: Sqs; clock: Clock; random: Random; log: Log };
type QueueUrls = { queueUrl: string; deadLetterQueueUrl: string };

/**
 * Writes the events of a request to their queues and returns what became of them: an event that SQS refuses for good
 * has become a dead letter.
 *
 * @param context of the triage: its `now` is when the request came
 * @throws if SQS has not confirmed all of them in time; then nothing is sent any more
 */
export async function enqueue(
  events: readonly TriagedEvent[],
  context: TriageContext,
  { queueUrl, deadLetterQueueUrl }: QueueUrls,
  ports: EnqueuePorts,
): Promise<TriagedEvent[]> {
  const isLarge = events.length >= LARGE_REQUEST_EVENTS;
  const finishBy = context.now + (isLarge ? LARGE_REQUEST_DEADLINE_MS : DEADLINE_MS);
  const queue = { ...ports, queueUrl };
  const deadLetterQueue = { ...ports, queueUrl: deadLetterQueueUrl };

  return withDeadline(ports.clock, finishBy - ports.clock.now(), async (signal) => {
    const messages = events.flatMap((event) => (event.kind === 'queued' ? event.message : []));
    // Both are awaited even if one fails: nothing may be sent once the answer is out.
    const [sent, written] = await Promise.allSettled([
      trySendMessages(messages, queue, signal),
      writeDeadLetters(toDeadLetters(events), deadLetterQueue, signal),
    ]);
    if (sent.status === 'rejected') throw sent.reason;
    if (written.status === 'rejected') throw written.reason;

    const { refused } = sent.value;
    const outcomes = events.map((event) => {
      const cause = event.kind === 'queued' ? refused.get(event.message) : undefined;
      return event.kind === 'queued' && cause ? triageRefused(event, cause, context) : event;
    });
    const newlyDead = outcomes.filter((event, index) => event !== events[index]);
    await writeDeadLetters(toDeadLetters(newlyDead), deadLetterQueue, signal);
    return outcomes;
  });
}

const toDeadLetters = (events: readonly TriagedEvent[]): DeadLetter[] =>
  events.flatMap((event) => (event.kind === 'dead letter' ? event.deadLetter : []));

/** What SQS refuses as text is written as bytes, in base64, which it takes. */
async function writeDeadLetters(
  deadLetters: readonly DeadLetter[],
  queue: Parameters<typeof trySendMessages>[1],
  signal: AbortSignal,
): Promise<void> {
  if (deadLetters.length === 0) return;
  const written = deadLetters.map((deadLetter) => ({ deadLetter, message: serializeDeadLetter(deadLetter) }));
  const { refused } = await trySendMessages(
    written.map(({ message }) => message),
    queue,
    signal,
  );
  const asBytes = written
    .filter(({ message, deadLetter }) => refused.has(message) && typeof deadLetter.body === 'string')
    .map(({ deadLetter }) => serializeDeadLetter({ ...deadLetter, body: Buffer.from(deadLetter.body) }));
  const isLost = asBytes.length < refused.size;
  const { refused: refusedAgain } = await trySendMessages(asBytes, queue, signal);
  if (isLost || refusedAgain.size > 0) throw new Error('SQS refuses a dead letter');
}
