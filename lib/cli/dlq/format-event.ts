import type { StoredDeadLetter } from '../../dead-letters/stored-dead-letter.ts';
import { type Json, tryParseJson } from '../../runtime/json.ts';
import { redact } from '../redact.ts';

/** An event as it may be shown: without its values unless they are asked for, and by its size if it is no JSON. */
export function formatEvent(
  { message: { body }, replayable, original }: StoredDeadLetter,
  reveal: boolean,
): Json {
  if (!replayable) {
    return `‹${original?.bytes ?? '?'} bytes that SQS cannot hold; their beginning, in base64, is in relay dlq export›`;
  }
  const event = tryParseJson(body);
  if (event === undefined) return reveal ? body : `‹${Buffer.byteLength(body)} bytes that are no JSON›`;
  return reveal ? event : redact(event);
}
