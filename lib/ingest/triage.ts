import { type DeadLetter, serializeDeadLetter } from '../dead-letters/dead-letter.ts';
import type { Reason } from '../dead-letters/reasons.ts';
import type { CheckedEvent } from '../mapping/map-event.ts';
import type { Json, JsonObject } from '../runtime/json.ts';
import type { Random } from '../runtime/random.ts';
import type { ReceivedEvent } from '../segment/split-request.ts';
import { deduplicationId, type OutgoingMessage, randomSqsId, toEventMessage } from '../sqs/message.ts';
import { MAX_MESSAGE_BYTES, messageBytes } from '../sqs/sqs-limits.ts';
import type { EventOutcome } from './ingest-log.ts';

/** What becomes of the events of one request; each is in exactly one place. */
export type Triage = {
  accepted: OutgoingMessage[];
  deadLetters: OutgoingMessage[];
  /** Events that are not meant for Salesmachine, counted by cause. */
  skipped: Record<string, number>;
  /** Of every event, what became of it. */
  outcomes: EventOutcome[];
};

type TriageContext = {
  /** What the mapping makes of an event. */
  checkEvent(source: Json): CheckedEvent;
  /** Milliseconds since the epoch. */
  now: number;
  trace: string | undefined;
  random: Random;
};

/** Sorts the events of a request into the main queue, the dead letters, and what is skipped. */
export function triageEvents(events: readonly ReceivedEvent[], context: TriageContext): Triage {
  const triage: Triage = { accepted: [], deadLetters: [], skipped: {}, outcomes: [] };

  for (const event of events) {
    const messageId = event.kind === 'unparseable' ? undefined : readMessageId(event.value);
    const skip = (cause: string) => {
      triage.skipped[cause] = (triage.skipped[cause] ?? 0) + 1;
      triage.outcomes.push({ messageId, kind: 'skipped', cause });
    };
    const accept = (message: OutgoingMessage) => {
      triage.accepted.push(message);
      triage.outcomes.push({ messageId, kind: 'queued' });
    };
    const deadLetter = (reason: Reason, detail: string, body: string | Buffer, sourceId: string) => {
      triage.deadLetters.push(toDeadLetterMessage({ reason, detail, body, sourceId }, context.now));
      triage.outcomes.push({ messageId, kind: 'dead letter', reason });
    };

    if (event.kind === 'unparseable') {
      deadLetter('unparseable', event.detail, event.body, randomSqsId(context.random));
      continue;
    }
    const checked = context.checkEvent(event.source);
    if (checked.kind === 'skipped') {
      skip(checked.cause);
    } else if (checked.kind !== 'event') {
      const reason = checked.kind === 'invalid' ? 'invalid_event' : 'too_large';
      deadLetter(reason, checked.detail, event.text, deduplicationId(event.value, context.random));
    } else {
      const message = toEventMessage({ ...event, event: checked.event }, context);
      if (messageBytes(message) <= MAX_MESSAGE_BYTES) accept(message);
      else
        deadLetter(
          'too_large',
          `over ${MAX_MESSAGE_BYTES} bytes, which is the most that SQS holds`,
          event.text,
          message.deduplicationId,
        );
    }
  }
  return triage;
}

/** A body that cannot even be decompressed: one dead letter, with its bytes. */
export function triageUndecodable(
  body: Buffer,
  { reason, detail }: { reason: Reason; detail: string },
  { now, random }: Pick<TriageContext, 'now' | 'random'>,
): Triage {
  return {
    accepted: [],
    deadLetters: [toDeadLetterMessage({ reason, detail, body, sourceId: randomSqsId(random) }, now)],
    skipped: {},
    outcomes: [{ messageId: undefined, kind: 'dead letter', reason }],
  };
}

/** Ids may be numbers: Segment's senders do not agree. */
function readMessageId({ messageId }: JsonObject): string | undefined {
  return typeof messageId === 'string' || typeof messageId === 'number' ? String(messageId) : undefined;
}

/** The dead letter of what never was in the main queue. */
function toDeadLetterMessage(
  deadLetter: Pick<DeadLetter, 'reason' | 'detail' | 'body' | 'sourceId'>,
  now: number,
): OutgoingMessage {
  return serializeDeadLetter({
    ...deadLetter,
    attempts: 0,
    deadAt: now,
    acceptedAt: new Date(now).toISOString(),
    replays: 0,
  });
}
