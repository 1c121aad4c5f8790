import type { Json, JsonObject } from '../runtime/json.ts';
import type { Operation } from '../salesmachine/operation.ts';
import { parseEvent, type SegmentEvent } from '../segment/event.ts';
import { pickContext } from './context-attributes.ts';
import { excludeAttributes } from './exclude-attributes.ts';
import { measureFlat } from './flat-size.ts';
import type { MappingSettings } from './mapping-settings.ts';
import { toOperations } from './operations.ts';
import { findSkipCause, findSourceSkipCause, type SkipCause } from './skip-cause.ts';

/** The most that the operations of one event may have as JSON: they have to fit into one request. */
export const MAX_EVENT_BYTES = 500_000;

/** Why nothing is sent of an event. `detail` tells a person what is wrong, and quotes no value. */
export type Unmapped =
  | { kind: 'skipped'; cause: SkipCause }
  | { kind: 'invalid'; detail: string }
  | { kind: 'too_large'; detail: string };

export type CheckedEvent = { kind: 'event'; event: SegmentEvent } | Unmapped;

export type MappedEvent =
  /** `operations` in the order in which they are to be applied. */
  { kind: 'operations'; event: SegmentEvent; operations: Operation[] } | Unmapped;

/**
 * What becomes of a Segment event: it is skipped, or cannot be used, or becomes operations.
 *
 * @param acceptedAt when the relay took it, ISO 8601: the time of an event whose own times cannot be read
 */
export function mapEvent(value: Json, settings: MappingSettings, acceptedAt?: string): MappedEvent {
  const read = readEvent(excludeAttributes(value, settings).event, settings);
  return read.kind === 'event' ? mapWithinLimit(read.event, settings, acceptedAt) : read;
}

/**
 * Whether `mapEvent` makes operations of an event, or why not, with as little work as that takes.
 *
 * @param value without what the settings exclude: `excludeAttributes` comes first
 */
export function checkEvent(value: Json, settings: MappingSettings): CheckedEvent {
  const read = readEvent(value, settings);
  if (read.kind !== 'event' || surelyFits(read.event)) return read;
  const mapped = mapWithinLimit(read.event, settings);
  return mapped.kind === 'operations' ? read : mapped;
}

function readEvent(value: Json, settings: MappingSettings): CheckedEvent {
  const sourceCause = findSourceSkipCause(value, settings);
  if (sourceCause !== undefined) return { kind: 'skipped', cause: sourceCause };
  const parsed = parseEvent(value);
  if (parsed.kind === 'invalid') return parsed;
  const cause = findSkipCause(parsed.event, settings);
  return cause === undefined ? parsed : { kind: 'skipped', cause };
}

const tooLarge: Unmapped = {
  kind: 'too_large',
  detail: `flattened for Salesmachine, the event has over ${MAX_EVENT_BYTES} bytes`,
};

/** A character that is counted once has at most 10 bytes of JSON in the end: escapes, quotes, digits. */
const MAX_BYTES_PER_CHARACTER = 10;
const SURE_CHARACTERS = MAX_EVENT_BYTES / MAX_BYTES_PER_CHARACTER;

/** A page with a name becomes two events with the same properties. */
const countCopies = (event: SegmentEvent): number =>
  event.type === 'page' && event.name !== undefined ? 2 : 1;

const surelyFits = (event: SegmentEvent): boolean =>
  countCopies(event) * measureFlat(event, SURE_CHARACTERS) <= SURE_CHARACTERS;

function surelyTooLarge(event: SegmentEvent, { contextAttributes }: MappingSettings): boolean {
  const measure = (attributes: JsonObject) => measureFlat(attributes, MAX_EVENT_BYTES);
  if ('traits' in event) return measure(event.traits) > MAX_EVENT_BYTES;
  if (!('properties' in event)) return false;
  const fromContext = measure(Object.fromEntries(pickContext(event.context, contextAttributes)));
  return countCopies(event) * (measure(event.properties) + fromContext) > MAX_EVENT_BYTES;
}

/** What is large is measured before it is built, and exactly once that is safe. */
function mapWithinLimit(event: SegmentEvent, settings: MappingSettings, acceptedAt?: string): MappedEvent {
  const isSmall = surelyFits(event);
  if (!isSmall && surelyTooLarge(event, settings)) return tooLarge;
  const operations = toOperations(event, settings, acceptedAt);
  const fits = isSmall || Buffer.byteLength(JSON.stringify(operations)) <= MAX_EVENT_BYTES;
  return fits ? { kind: 'operations', event, operations } : tooLarge;
}
