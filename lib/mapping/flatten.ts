import { isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';
import type { Params, Scalar } from '../salesmachine/operation.ts';

/** Names that Salesmachine gives a meaning (its documentation and its own clients): only a user sets them. */
const reserved: ReadonlySet<string> = new Set([
  'account_uid',
  'display_name',
  'visit_url',
  'visit_ip',
  'visit_agent',
  'mrr',
  'churn_date',
  'churn_mrr',
  'churn_reason',
  'churn_comment',
  'domain',
]);

/**
 * Traits or properties as flat params: Salesmachine documents nothing nested.
 *
 * - Keys stay as the user wrote them, with spaces, dots and capitals; the keys of a nested object are joined by `_`.
 * - An array of scalars is joined by `, `, any other array becomes its JSON text. An emptied list is the empty
 *   text, so that it overwrites the former one; an empty object says nothing and leaves no key.
 * - A key that the user wrote wins over a joined one, wherever it stands, and a joined key never takes a reserved
 *   name. The joined one then moves to the first free of `key_2`, `key_3`, …: nothing is lost. So
 *   `{"a":{"b":1},"a_b":2}` gives `{"a_b":2,"a_b_2":1}`.
 * - null passes: in Segment it overwrites. A number that JSON can't carry (1e400) becomes its text, not null, and
 *   half a surrogate pair becomes U+FFFD.
 *
 * @param object at most 64 deep
 * @param relocatedKey a key of the user's that must not stand under its own name: it moves like a joined one
 */
export function flatten(object: JsonObject, relocatedKey?: string): Params {
  const flat = new Map<string, Scalar>();
  const freeKey = createKeyAllocator((key) => flat.has(key));
  const freeJoinedKey = createKeyAllocator((key) => flat.has(key) || reserved.has(key));
  const isRelocated = (key: string, value: Json) => isJsonObject(value) || key === relocatedKey;

  const entries = Object.entries(object);
  for (const [key, value] of entries.filter(([key, value]) => !isRelocated(key, value))) {
    for (const [name, scalar] of flattenLeaves(key, value)) flat.set(freeKey(name), scalar);
  }
  for (const [key, value] of entries.filter(([key, value]) => isRelocated(key, value))) {
    for (const [name, scalar] of flattenLeaves(key, value)) flat.set(freeJoinedKey(name), scalar);
  }
  // From entries, because a key may be called `__proto__`.
  return Object.fromEntries(flat);
}

function flattenLeaves(path: string, value: Json): [string, Scalar][] {
  if (!isJsonObject(value)) return [[path.toWellFormed(), toScalar(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flattenLeaves(`${path}_${key}`, inner));
}

function toScalar(value: Exclude<Json, JsonObject>): Scalar {
  if (Array.isArray(value)) return formatList(value).toWellFormed();
  if (typeof value === 'string') return value.toWellFormed();
  return isInfinite(value) ? String(value) : value;
}

function formatList(list: Json[]): string {
  const hasOnlyScalars = list.every((item) => item === null || typeof item !== 'object');
  if (hasOnlyScalars) return list.map(String).join(', ');
  return JSON.stringify(list, (_key, value: Json) => (isInfinite(value) ? String(value) : value));
}

/** JSON has no infinity, but `JSON.parse` makes one of 1e400, and `JSON.stringify` would make null of that. */
function isInfinite(value: Json): boolean {
  return typeof value === 'number' && !Number.isFinite(value);
}

/** Finds `key`, else the first free of `key_2`, `key_3`, … It remembers where it was: many may want one name. */
function createKeyAllocator(isTaken: (key: string) => boolean): (key: string) => string {
  const next = new Map<string, number>();
  return (key) => {
    if (!isTaken(key)) return key;
    let suffix = next.get(key) ?? 2;
    while (isTaken(`${key}_${suffix}`)) suffix += 1;
    next.set(key, suffix + 1);
    return `${key}_${suffix}`;
  };
}
