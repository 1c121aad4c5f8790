import { LOGGED_FRAME } from './error-frames.ts';
import { toLoggableId } from './message-id.ts';

/** A kind of field: the value as a line may hold it, or nothing if it is not of this kind. */
type FieldReader<Value> = (value: unknown) => Value | undefined;

const number: FieldReader<number> = (value) =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

const boolean: FieldReader<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);

/** A name given by the code: a cause, a reason, an error's class or code, a path. */
const identifier: FieldReader<string> = (value) =>
  typeof value === 'string' && /^[\w/.:-]{1,64}$/.test(value) ? value : undefined;

/** A sentence written by the code, which quotes no value. */
const prose: FieldReader<string> = (value) =>
  typeof value === 'string' ? value.replace(/\s+/g, ' ').slice(0, 1_000) : undefined;

const frames: FieldReader<readonly string[]> = (value) =>
  Array.isArray(value)
    ? value.filter((frame) => typeof frame === 'string' && LOGGED_FRAME.test(frame))
    : undefined;

/** Ids in one line; further ids go into further lines. */
export const MAX_IDS = 100;

const messageIds: FieldReader<readonly string[]> = (value) =>
  Array.isArray(value)
    ? value
        .filter((id) => typeof id === 'string')
        .slice(0, MAX_IDS)
        .map(toLoggableId)
    : undefined;

/**
 * Every field that a log line may have beside its message. A field that is not named here never reaches the log: no
 * trait, no id of a person, no secret.
 */
const fields = {
  // Where it happened.
  requestId: identifier,
  lane: identifier,
  path: identifier,
  /** Kind and number of what a request was let in by, never its value: `token 2`. */
  credential: prose,

  // What happened, and why.
  cause: identifier,
  error: identifier,
  outcome: identifier,
  problem: prose,
  reason: identifier,
  stack: frames,
  status: number,
  version: identifier,
  mayBeDuplicated: boolean,

  // How many.
  accepted: number,
  deadLettered: number,
  delivered: number,
  events: number,
  failed: number,
  matched: number,
  messages: number,
  more: boolean,
  operations: number,
  received: number,
  rejected: number,
  released: number,
  remaining: number,
  replayed: number,
  skipped: number,
  unread: number,

  // How long, in milliseconds.
  durationMs: number,
  oldestAgeMs: number,
  oldestLeftMs: number,
  pausedMs: number,
  probeInMs: number,
  waitMs: number,

  /** Segment's, of the events that the line is about; a request names an event that has none by its SQS message. */
  messageIds,
} satisfies Record<string, FieldReader<unknown>>;

type Fields = typeof fields;
export type FieldName = keyof Fields;

/** In the order in which a line shows them. */
export const FIELD_NAMES: readonly string[] = Object.keys(fields);

/** The fields of a line; a field of another name is a type error, and dropped where the types do not see it. */
export type LogFields = { [Name in FieldName]?: ReturnType<Fields[Name]> };

type FieldsOf<Value> = {
  [Name in FieldName]: ReturnType<Fields[Name]> extends Value | undefined ? Name : never;
}[FieldName];

export type NumberField = FieldsOf<number>;
export type StringField = FieldsOf<string>;

const fieldReaders: [string, FieldReader<unknown>][] = Object.entries(fields);

/** The fields that are known, and of their kind. */
export function pickKnownFields(given: LogFields): LogFields {
  const values = new Map<string, unknown>(Object.entries(given));
  return Object.fromEntries(
    fieldReaders.flatMap(([name, readField]) => {
      const value = readField(values.get(name));
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
