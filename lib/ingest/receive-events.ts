import { excludeAttributes } from '../mapping/exclude-attributes.ts';
import { excludeFromText } from '../mapping/exclude-text.ts';
import type { MappingSettings } from '../mapping/mapping-settings.ts';
import { TooManyElementsError } from '../segment/json-scanner.ts';
import { type ReceivedEvent, toRewrittenEvent } from '../segment/received-event.ts';
import type { Route } from '../segment/route.ts';
import { splitRequest } from '../segment/split-request.ts';

/**
 * The most that a request may have. Segment sends 4,000 at once, and its SDKs 2,500; what is far more is not for SQS to
 * take in time, and would keep the processor until Lambda ends the function.
 */
export const MAX_EVENTS = 10_000;

/**
 * The events of a request, without what the settings exclude: what is not here reaches no queue. What is no JSON has
 * lost what can be seen in its text.
 *
 * @returns undefined if they are more than `MAX_EVENTS`
 */
export function receiveEvents(
  json: Buffer,
  route: Route,
  settings: MappingSettings,
): ReceivedEvent[] | undefined {
  try {
    return splitRequest(json, route, MAX_EVENTS).map((event) => excludeFromReceived(event, settings));
  } catch (error) {
    if (error instanceof TooManyElementsError) return undefined;
    throw error;
  }
}

/**
 * Always rewritten, even if nothing was excluded: of a key that stands there twice, only the last was checked.
 */
function excludeFromReceived(received: ReceivedEvent, settings: MappingSettings): ReceivedEvent {
  if (settings.excludeAttributes.length + settings.excludeQuery.length === 0) return received;
  if (received.kind === 'unparseable') return { ...received, body: excludeFromBody(received.body, settings) };
  return toRewrittenEvent(excludeAttributes(received.source, settings).event);
}

/** Bytes that are no UTF-8 are read as Latin-1, which keeps each of them. */
function excludeFromBody(body: string | Buffer, settings: MappingSettings): string | Buffer {
  if (typeof body === 'string') return excludeFromText(body, settings);
  const text = body.toString('latin1');
  const kept = excludeFromText(text, settings);
  return kept === text ? body : Buffer.from(kept, 'latin1');
}
