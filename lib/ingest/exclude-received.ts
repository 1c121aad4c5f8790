import { excludeAttributes } from '../mapping/exclude-attributes.ts';
import { excludeFromText } from '../mapping/exclude-text.ts';
import type { MappingSettings } from '../mapping/mapping-settings.ts';
import { type ReceivedEvent, toRewrittenEvent } from '../segment/received-event.ts';

/**
 * What came, without what the settings exclude: what is not here reaches no queue. What is no JSON has lost what can be
 * seen in its text.
 */
export function excludeFromReceived(received: ReceivedEvent, settings: MappingSettings): ReceivedEvent {
  if (received.kind === 'unparseable') return { ...received, body: excludeFromBody(received.body, settings) };
  const { event } = excludeAttributes(received.source, settings);
  return event === received.source ? received : toRewrittenEvent(event);
}

/** Bytes that are no UTF-8 are read as Latin-1, which keeps each of them. */
function excludeFromBody(body: string | Buffer, settings: MappingSettings): string | Buffer {
  if (typeof body === 'string') return excludeFromText(body, settings);
  const text = body.toString('latin1');
  const kept = excludeFromText(text, settings);
  return kept === text ? body : Buffer.from(kept, 'latin1');
}
