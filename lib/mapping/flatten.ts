import { isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';
import type { Params, Scalar } from '../salesmachine/operation.ts';
import { isBlank } from '../segment/id.ts';

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
 * What becomes of a key of the user's that does not stand under its own name: it moves like a joined one, or is left
 * out.
 */
export type Claim = (key: string) => 'move' | 'omit' | undefined;

const claimNothing: Claim = () => undefined;

/**
 * Adds traits or properties to params, flat: Salesmachine documents nothing nested.
 *
 * - Keys stay as the user wrote them, with spaces, dots and capitals; the keys of a nested object are joined by `_`.
 * - An array of scalars is joined by `, `, any other array becomes its JSON text; its nulls are left out. An emptied
 *   list is the empty text, so that it overwrites the former one; an empty object says nothing and leaves no key.
 * - A key that the user wrote wins over a joined one, wherever it stands, and a joined key never takes a reserved
 *   name. The joined one then moves to the first free of `key_2`, `key_3`, …: nothing is lost. So
 *   `{"a":{"b":1},"a_b":2}` gives `{"a_b":2,"a_b_2":1}`.
 * - null passes: in Segment it overwrites. A number that JSON can't carry (1e400) becomes its text, not null, and
 *   half a surrogate pair becomes U+FFFD.
 *
 * @param object at most 64 deep
 * @param params what stands there already: a key that the user wrote replaces it, a joined one does not
 */
export function flatten(object: JsonObject, claim = claimNothing, params: Params = {}): Params {
  const later: string[] = [];
  for (const key in object) {
    const value = object[key] ?? null;
    const claimed = claim(key);
    if (claimed === 'omit') continue;
    if (claimed === 'move' || isJsonObject(value) || !key.isWellFormed()) later.push(key);
    else setParam(params, key, toScalar(value));
  }
  if (later.length > 0) {
    const add = createAdder(params);
    for (const key of later) add(key, object[key] ?? null);
  }
  return params;
}

/**
 * Returns a function that adds values to `params` under names that are not the user's own: each moves to a free key.
 * What the relay adds gives way to what is there, but not to what says nothing, and says something itself.
 */
export function createAdder(params: Params, isOfRelay = false): (name: string, value: Json) => void {
  const isFree = (key: string) => !Object.hasOwn(params, key) || (isOfRelay && isBlank(params[key]));
  const freeKey = createKeyAllocator((key) => !isFree(key) || reserved.has(key));
  const add = (name: string, value: Json): void => {
    if (isOfRelay && value === null) return;
    if (!isJsonObject(value)) setParam(params, freeKey(name.toWellFormed()), toScalar(value));
    else for (const key in value) add(`${name}_${key}`, value[key] ?? null);
  };
  return add;
}

/** An assignment to `__proto__` would set no key. */
function setParam(params: Params, key: string, value: Scalar): void {
  if (key === '__proto__') {
    Object.defineProperty(params, key, { value, configurable: true, enumerable: true, writable: true });
  } else {
    params[key] = value;
  }
}

function toScalar(value: Exclude<Json, JsonObject>): Scalar {
  if (Array.isArray(value)) return formatList(value).toWellFormed();
  if (typeof value === 'string') return value.toWellFormed();
  return isInfinite(value) ? String(value) : value;
}

function formatList(list: readonly Json[]): string {
  const items = list.filter((item) => item !== null);
  if (items.every((item) => typeof item !== 'object')) return items.join(', ');
  const json = JSON.stringify(items);
  return json.includes('null') ? JSON.stringify(items, keepInfinity) : json;
}

/** JSON has no infinity, but `JSON.parse` makes one of 1e400, and `JSON.stringify` would make null of that. */
const keepInfinity = (_key: string, value: Json): Json => (isInfinite(value) ? String(value) : value);

const isInfinite = (value: Json): boolean => typeof value === 'number' && !Number.isFinite(value);

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
