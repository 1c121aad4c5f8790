import { loggableId } from './message-id.ts';

/** A kind of field: the value as a line may hold it, or nothing if it is not of this kind. */
type Kind<Value> = (value: unknown) => Value | undefined;

const number: Kind<number> = (value) =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

const flag: Kind<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);

/** A name that the code has given: a cause, a reason, an error's class, a path. */
const word: Kind<string> = (value) =>
  typeof value === 'string' && /^[\w/.:-]{1,64}$/.test(value) ? value : undefined;

/** A sentence that the code has written, and that quotes no value. */
const sentence: Kind<string> = (value) =>
  typeof value === 'string' ? value.replace(/\s+/g, ' ').slice(0, 1_000) : undefined;

/** Ids in one line; what is over goes into further lines. */
export const MAX_IDS = 100;

const messageIds: Kind<readonly string[]> = (value) =>
  Array.isArray(value)
    ? value
        .filter((id) => typeof id === 'string')
        .slice(0, MAX_IDS)
        .map(loggableId)
    : undefined;

/**
 * All that a log line may hold beside its message. What is not named here reaches no line, whoever passes it: no
 * trait, no id of a person, no secret.
 */
const fields = {
  // Where it happened.
  requestId: word,
  lane: word,
  path: word,

  // What happened, and why.
  cause: word,
  error: word,
  failure: word,
  outcome: word,
  problem: sentence,
  reason: word,
  status: number,
  version: word,
  mayBeDuplicated: flag,

  // How many.
  accepted: number,
  deadLettered: number,
  delivered: number,
  events: number,
  failed: number,
  filled: number,
  handedBack: number,
  letters: number,
  matched: number,
  messages: number,
  more: flag,
  operations: number,
  refused: number,
  remaining: number,
  replayed: number,
  skipped: number,
  unread: number,

  // How long, in milliseconds.
  durationMs: number,
  heldMs: number,
  oldestAgeMs: number,
  oldestLeftMs: number,
  probeInMs: number,
  waitMs: number,

  /** Segment's, of the events that the line is about. */
  messageIds,
} satisfies Record<string, Kind<unknown>>;

type Fields = typeof fields;
export type FieldName = keyof Fields;

/** The fields of a line; a field of another name is a type error, and dropped where the types do not see it. */
export type LogFields = { [Name in FieldName]?: ReturnType<Fields[Name]> };

type FieldsOf<Value> = {
  [Name in FieldName]: ReturnType<Fields[Name]> extends Value | undefined ? Name : never;
}[FieldName];

export type NumberField = FieldsOf<number>;
export type WordField = FieldsOf<string>;

const kinds: [string, Kind<unknown>][] = Object.entries(fields);

/** The fields that are known, and of their kind. */
export function knownFields(given: LogFields): LogFields {
  const values = new Map<string, unknown>(Object.entries(given));
  return Object.fromEntries(
    kinds.flatMap(([name, kind]) => {
      const value = kind(values.get(name));
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
