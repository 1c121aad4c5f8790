import type { StoredLetter } from '../../dead-letters/stored-dead-letter.ts';
import { type Json, parseJson } from '../../runtime/json.ts';
import { redact } from '../redact.ts';

/** An event as it may be shown: without its values unless they are asked for, and by its size if it is no JSON. */
export function shownEvent(
  { message: { body }, replayable, original }: StoredLetter,
  revealed: boolean,
): Json {
  if (!replayable) {
    return `‹${original?.bytes ?? '?'} bytes that SQS cannot hold; their beginning, in base64, is in relay dlq export›`;
  }
  try {
    const event = parseJson(body);
    return revealed ? event : redact(event);
  } catch {
    return revealed ? body : `‹${Buffer.byteLength(body)} bytes that are no JSON›`;
  }
}

/** A moment for people, in UTC. */
export const timeText = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, 19);

/** "1 dead letter", "2 dead letters". */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
