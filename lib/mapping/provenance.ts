import { isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';
import type { Operation, Scalar } from '../salesmachine/operation.ts';

export type Path = readonly string[];

type Origin = { path: Path; value: Json };

/** One value of an operation, and the event's fields that it is made of; none: it is the same for every event. */
export type Field = { name: string; value: Scalar; origins: Origin[] | undefined };

export type Provenance = {
  /** By operation, in the order in which they stand there; `params.` before the name of a param. */
  fields: Field[][];
  /**
   * The event's fields that nothing was made of. It and all origins are undefined where finding out would take too
   * long.
   */
  unused: Path[] | undefined;
};

/** About as much as can be mapped in a second, in characters. */
const MAX_TRACED_CHARACTERS = 30_000_000;

/**
 * Where each value of an event's operations comes from. The mapping itself is asked, so that the account cannot differ
 * from it: each of the event's fields is changed in turn, and what changes with it was made of it.
 *
 * @param map gives an event's operations; none if it cannot be mapped
 */
export function traceProvenance(event: JsonObject, map: (event: JsonObject) => Operation[]): Provenance {
  const operations = map(event);
  const leaves = listLeaves(event);
  const isTooLarge = leaves.length * JSON.stringify([event, operations]).length > MAX_TRACED_CHARACTERS;
  const fields = operations.map((operation) =>
    listFields(operation).map(
      ([name, value]): Field => ({ name, value, origins: isTooLarge ? undefined : [] }),
    ),
  );
  if (isTooLarge) return { fields, unused: undefined };

  const findAffected = (path: Path, value: Json, other: Json): Field[] => {
    const changed = map(setAt(event, path, other)).map((operation) =>
      Object.fromEntries(listFields(operation)),
    );
    // Another number of operations is another story: nothing can be compared.
    if (changed.length !== fields.length) return [];
    return fields.flatMap((list, index) =>
      list.filter((field) => field.value !== changed[index]?.[field.name] && canHaveProduced(field, value)),
    );
  };
  const unused: Path[] = [];
  for (const [path, value] of leaves) {
    const affected = new Set(perturb(value).flatMap((other) => findAffected(path, value, other)));
    for (const field of affected) field.origins?.push({ path, value });
    if (affected.size === 0) unused.push(path);
  }
  return { fields, unused };
}

function listFields(operation: Operation): [string, Scalar][] {
  return Object.entries(operation).flatMap(([name, value]): [string, Scalar][] =>
    typeof value === 'object'
      ? Object.entries(value).map(([param, inner]) => [`params.${param}`, inner])
      : [[name, value]],
  );
}

/** Lists are one value: the mapping joins them. */
function listLeaves(object: JsonObject, above: Path = []): [Path, Json][] {
  return Object.entries(object).flatMap(([key, value]): [Path, Json][] =>
    isJsonObject(value) ? listLeaves(value, [...above, key]) : [[[...above, key], value]],
  );
}

function setAt(object: JsonObject, [key = '', ...below]: Path, value: Json): JsonObject {
  const inner = object[key];
  const changed = below.length > 0 && isJsonObject(inner) ? setAt(inner, below, value) : value;
  // From entries, because a key may be called `__proto__`.
  return Object.fromEntries(
    Object.entries(object).map(([each, old]) => [each, each === key ? changed : old]),
  );
}

/** Other values, as far as the mapping sees it: a part of a text may be all that it uses. */
function perturb(value: Json): Json[] {
  if (Array.isArray(value)) return [[...value, 'x']];
  if (typeof value === 'string') return [`${value}x`, 'x'];
  return ['x'];
}

/** What is empty does not make what says something, though it would if it said something, too. */
const canHaveProduced = (field: Field, value: Json): boolean => !isBlank(value) || isBlank(field.value);

const isBlank = (value: Json): boolean =>
  value === null || (typeof value === 'string' && value.trim() === '');
