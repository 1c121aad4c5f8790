import { type DeadLetter, deadLetterMessage, type Reason } from '../dead-letters/dead-letter.ts';
import type { Random } from '../runtime/clock.ts';
import type { JsonObject } from '../runtime/json.ts';
import type { SegmentEvent } from '../segment/event.ts';
import type { ReceivedEvent } from '../segment/split-request.ts';
import { eventMessage, identityOf, type OutgoingMessage, randomId } from '../sqs/message.ts';
import { MAX_BYTES, sizeOf } from '../sqs/sqs-limits.ts';
import type { Fate } from './ingest-log.ts';

/** What becomes of the events of one request; each is in exactly one place. */
export type Intake = {
  accepted: OutgoingMessage[];
  deadLetters: OutgoingMessage[];
  /** Events that are not meant for Salesmachine, counted by cause. */
  skipped: Record<string, number>;
  /** Of every event, what became of it. */
  fates: Fate[];
};

type Terms = {
  /** Why an event is not meant for Salesmachine, as the mapping sees it. */
  skipCause(event: SegmentEvent): string | undefined;
  /** Milliseconds since the epoch. */
  now: number;
  trace: string | undefined;
  random: Random;
};

/** Sorts the events of a request into the main queue, the dead letters, and what is skipped. */
export function intakeOf(events: readonly ReceivedEvent[], terms: Terms): Intake {
  const intake: Intake = { accepted: [], deadLetters: [], skipped: {}, fates: [] };

  for (const event of events) {
    const messageId = event.kind === 'unparseable' ? undefined : messageIdOf(event.value);
    const skip = (cause: string) => {
      intake.skipped[cause] = (intake.skipped[cause] ?? 0) + 1;
      intake.fates.push({ messageId, kind: 'skipped', cause });
    };
    const accept = (message: OutgoingMessage) => {
      intake.accepted.push(message);
      intake.fates.push({ messageId, kind: 'queued' });
    };
    const refuse = (reason: Reason, detail: string, body: string | Buffer, origin: string) => {
      intake.deadLetters.push(refused({ reason, detail, body, origin }, terms.now));
      intake.fates.push({ messageId, kind: 'dead letter', reason });
    };

    if (event.kind === 'skipped') {
      skip(event.cause);
    } else if (event.kind === 'unparseable') {
      refuse('unparseable', event.detail, event.body, randomId(terms.random));
    } else if (event.kind === 'invalid') {
      refuse('invalid_event', event.detail, event.text, identityOf(event.value, terms.random));
    } else {
      const cause = terms.skipCause(event.event);
      const message = eventMessage(event, terms);
      if (cause !== undefined) skip(cause);
      else if (sizeOf(message) <= MAX_BYTES) accept(message);
      else
        refuse(
          'too_large',
          `over ${MAX_BYTES} bytes, which is the most that SQS holds`,
          event.text,
          message.deduplicationId,
        );
    }
  }
  return intake;
}

/** A body that cannot even be decompressed: one dead letter, with its bytes. */
export function intakeOfUndecodable(
  body: Buffer,
  { reason, detail }: { reason: Reason; detail: string },
  { now, random }: Pick<Terms, 'now' | 'random'>,
): Intake {
  return {
    accepted: [],
    deadLetters: [refused({ reason, detail, body, origin: randomId(random) }, now)],
    skipped: {},
    fates: [{ messageId: undefined, kind: 'dead letter', reason }],
  };
}

/** Ids may be numbers: Segment's senders do not agree. */
function messageIdOf({ messageId }: JsonObject): string | undefined {
  return typeof messageId === 'string' || typeof messageId === 'number' ? String(messageId) : undefined;
}

/** The dead letter of what never was in the main queue. */
function refused(
  letter: Pick<DeadLetter, 'reason' | 'detail' | 'body' | 'origin'>,
  now: number,
): OutgoingMessage {
  return deadLetterMessage({
    ...letter,
    attempts: 0,
    deadAt: now,
    acceptedAt: new Date(now).toISOString(),
    replays: 0,
  });
}
