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

/** SDKs send up to 2,500 events of up to 32 KB with their context. A megabyte for 100,000 would take all memory. */
const MAX_SHARED_BYTES = 100_000_000;

/**
 * The events that a request carries: an object, an array of them, an SDK's `{"batch":[…]}`, and from webhooks also one
 * of these a line. An object that has a type, its own or its path's, is an event even if it has a `batch`. What can't be
 * read is unparseable alone; its neighbours go on. Where a body was cut, that is an unparseable part of it, too: whatever
 * followed is missing, and its sender has to know.
 */
export function splitRequest(body: Buffer, route: Route): ReceivedEvent[] {
  const json = trimWhitespace(body);
  const lines = route.sdk ? [json] : splitLines(json);
  return lines.flatMap((line) => splitDocument(line, route));
}

/**
 * The lines of NDJSON, or the whole where it is none. The whole is no JSON, and its first line is an object or an array,
 * or, if that is the broken one, most of the others are.
 */
function splitLines(json: Buffer): Buffer[] {
  if (!json.includes(LINE_FEED) || parseSlice(json).ok) return [json];
  const lines: Buffer[] = [];
  for (let start = 0; start < json.length; ) {
    const end = json.indexOf(LINE_FEED, start);
    lines.push(trimWhitespace(json, start, end === -1 ? json.length : end));
    start = end === -1 ? json.length : end + 1;
  }
  const [first, ...others] = lines.filter(({ length }) => length > 0);
  const isNdjson = (first && isDocument(first)) || others.filter(isDocument).length > others.length / 2;
  return isNdjson ? lines : [json];
}

const isDocument = (line: Buffer): boolean => isBraced(line) || isBracketed(line);

function splitDocument(json: Buffer, route: Route): ReceivedEvent[] {
  if (json.length === 0) return [];
  const defaults = { route, shared: {} };
  if (startsArray(json)) return splitArray(json, defaults);
  if (!startsObject(json) || route.type !== undefined) return [toReceivedEvent(json, defaults)];
  const { elements, isClosed } = readElements(json);
  const members = elements.map(parseMember);
  return isBatch(members) ? splitBatch(json, members, isClosed, route) : [toReceivedEvent(json, defaults)];
}

function splitArray(json: Buffer, defaults: EventDefaults): ReceivedEvent[] {
  const { elements, isClosed } = readElements(json);
  const events = elements.map((element) => toReceivedEvent(unwrapEvent(element), defaults));
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
  route: Route,
): ReceivedEvent[] {
  const shared = readShared(members);
  if (shared === undefined)
    return [toUnparseable(json, "the batch's context or integrations cannot be read")];
  if (countSharedBytes(shared, members) > MAX_SHARED_BYTES)
    return [toUnparseable(json, "the batch's context is too large to be copied into each of its events")];
  const events = members.flatMap((member) => splitMember(member, { route, shared }));
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
function splitMember(member: Member, defaults: EventDefaults): ReceivedEvent[] {
  const { key, value, slice } = member;
  if (isBatchMember(member)) return splitArray(value, defaults);
  if (key === undefined || key === 'batch') return [toReceivedEvent(value, defaults)];
  const result = parseSlice(value);
  return result.ok ? [] : [toUnparseable(slice, result.detail)];
}

/** What the copies of the batch's context and integrations would have together. */
function countSharedBytes(shared: JsonObject, members: readonly Member[]): number {
  const events = members.filter(isBatchMember).map(({ value }) => readElements(value).elements.length);
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
