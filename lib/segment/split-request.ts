import { isDeeperThan, isJsonObject, type JsonObject } from '../runtime/json.ts';
import { MAX_DEPTH } from './event.ts';
import { unwrapEvent } from './extensible-webhook.ts';
import {
  isBraced,
  isBracketed,
  type Member,
  parseMember,
  readElements,
  startsArray,
  startsObject,
  TooManyElementsError,
  trimWhitespace,
} from './json-scanner.ts';
import {
  type EventDefaults,
  parseSlice,
  type ReceivedEvent,
  toReceivedEvent,
  toUnparseable,
} from './received-event.ts';
import type { Route } from './route.ts';

/** What a batch may say once for all of its events. */
const SHARED_KEYS: ReadonlySet<string> = new Set(['context', 'integrations']);

/** All that SDKs write beside the events of a batch. */
const ENVELOPE_KEYS: ReadonlySet<string> = new Set([
  ...SHARED_KEYS,
  'batch',
  'messageId',
  'sentAt',
  'timestamp',
  'writeKey',
]);

const LINE_FEED = 0x0a;

type SplitOptions = EventDefaults & { maxEvents: number };

/** SDKs send up to 2,500 events of up to 32 KB with their context. A megabyte for 100,000 would take all memory. */
export const MAX_SHARED_BYTES = 100_000_000;

/**
 * The events that a request carries: an object, an array of them, an SDK's `{"batch":[…]}`, and from webhooks also one
 * of these a line. An object that has a type, its own or its path's, is an event even if it has a `batch`. What can't
 * be read is unparseable alone; its neighbours go on. Where a body was cut, that is an unparseable part of it, too:
 * whatever followed is missing, and its sender has to know.
 *
 * @param maxEvents nothing is read of what has more
 * @throws TooManyElementsError if there are more events, or if a batch's envelope has more members
 */
export function splitRequest(
  body: Buffer,
  route: Route,
  maxEvents = Number.POSITIVE_INFINITY,
): ReceivedEvent[] {
  const json = trimWhitespace(body);
  const options = { route, shared: {}, maxEvents };
  const isOne = route.sdk || !isNdjson(json);
  return isOne ? splitDocument(json, options) : splitParts(scanLines(json), splitDocument, options);
}

/** The events of all parts, unless there are too many. */
function splitParts<Part>(
  parts: Iterable<Part>,
  split: (part: Part, options: SplitOptions) => ReceivedEvent[],
  options: SplitOptions,
): ReceivedEvent[] {
  const events: ReceivedEvent[] = [];
  for (const part of parts) {
    for (const event of split(part, options)) events.push(event);
    if (events.length > options.maxEvents)
      throw new TooManyElementsError(`more than ${options.maxEvents} events`);
  }
  return events;
}

/**
 * Whether each line is to be read for itself: the whole is no JSON, and its first line is an object or an array, or, if
 * that is the broken one, most of the others are.
 */
function isNdjson(json: Buffer): boolean {
  if (!json.includes(LINE_FEED) || parseSlice(json).ok) return false;
  const [first] = scanLines(json);
  if (first && isDocument(first)) return true;
  const [others, documents] = scanLines(json)
    .drop(1)
    .reduce(([all, found], line) => [all + 1, found + (isDocument(line) ? 1 : 0)], [0, 0]);
  return documents > others / 2;
}

/** The lines, but for those that are blank. */
function* scanLines(json: Buffer): Generator<Buffer> {
  for (let start = 0; start < json.length; ) {
    const feed = json.indexOf(LINE_FEED, start);
    const end = feed === -1 ? json.length : feed;
    const line = trimWhitespace(json, start, end);
    if (line.length > 0) yield line;
    start = end + 1;
  }
}

const isDocument = (line: Buffer): boolean => isBraced(line) || isBracketed(line);

function splitDocument(json: Buffer, options: SplitOptions): ReceivedEvent[] {
  if (json.length === 0) return [];
  if (startsArray(json)) return splitArray(json, options);
  if (mayBeBatch(json, options.route)) {
    const { elements, isClosed } = readElements(json, options.maxEvents);
    const members = elements.map(parseMember);
    if (isBatch(members)) return splitBatch(json, members, isClosed, options);
  }
  return [toReceivedEvent(unwrapEvent(json), options)];
}

const BATCH_KEY = Buffer.from('"batch"');
/** A key may be written with escapes. */
const ESCAPE = Buffer.from('\\u');

/** Most requests are one event, which is not taken apart to see that. */
const mayBeBatch = (json: Buffer, { type }: Route): boolean =>
  startsObject(json) && type === undefined && (json.includes(BATCH_KEY) || json.includes(ESCAPE));

function splitArray(json: Buffer, options: SplitOptions): ReceivedEvent[] {
  const { elements, isClosed } = readElements(json, options.maxEvents);
  const events = elements.map((element) => toReceivedEvent(unwrapEvent(element), options));
  if (isClosed || events.at(-1)?.kind === 'unparseable') return events;
  const cut = Buffer.from(`[${elements.at(-1) ?? ''}`);
  return [...events, toUnparseable(cut, 'the array was cut: what followed its last event did not arrive')];
}

function isBatch(members: readonly Member[]): boolean {
  return members.some(isBatchMember) && !members.some(({ key }) => key === 'type');
}

const isBatchMember = ({ key, value }: Member) => key === 'batch' && startsArray(value);

function splitBatch(
  json: Buffer,
  members: readonly Member[],
  isClosed: boolean,
  options: SplitOptions,
): ReceivedEvent[] {
  const shared = readShared(members);
  if (shared === undefined)
    return [toUnparseable(json, "the batch's context or integrations cannot be read")];
  if (countSharedBytes(shared, members, options) > MAX_SHARED_BYTES)
    return [toUnparseable(json, "the batch's context is too large to be copied into each of its events")];
  const events = splitParts(members, splitMember, { ...options, shared });
  const isBroken = events.some(({ kind }) => kind === 'unparseable');
  if (isBroken) return [...events, ...members.filter(isStray).map(toStray)];
  if (isClosed) return events;
  return [...events, toUnparseable(json.subarray(0, 1), 'the batch was cut: its context may be missing')];
}

/** In a batch that is broken, what looks like a member may be a part of an event. */
const isStray = ({ key, value }: Member) =>
  key !== undefined && !ENVELOPE_KEYS.has(key) && parseSlice(value).ok;
const toStray = ({ slice }: Member) => toUnparseable(slice, 'beside a broken event: it may be a part of one');

/** What is no member, or one that is broken, may hold events. */
function splitMember(member: Member, options: SplitOptions): ReceivedEvent[] {
  const { key, value, slice } = member;
  if (isBatchMember(member)) return splitArray(value, options);
  if (key === undefined || key === 'batch') return [toReceivedEvent(value, options)];
  const result = parseSlice(value);
  return result.ok ? [] : [toUnparseable(slice, result.detail)];
}

/** What the copies of the batch's context and integrations would have together. */
function countSharedBytes(
  shared: JsonObject,
  members: readonly Member[],
  { maxEvents }: SplitOptions,
): number {
  const events = members
    .filter(isBatchMember)
    .map(({ value }) => readElements(value, maxEvents).elements.length);
  return JSON.stringify(shared).length * events.reduce((sum, count) => sum + count, 0);
}

function readShared(members: readonly Member[]): JsonObject | undefined {
  const shared: JsonObject = {};
  for (const { key = '', value } of members) {
    if (!SHARED_KEYS.has(key)) continue;
    const result = parseSlice(value);
    if (!result.ok) return undefined;
    if (isJsonObject(result.value)) shared[key] = result.value;
  }
  return isDeeperThan(shared, MAX_DEPTH) ? undefined : shared;
}
