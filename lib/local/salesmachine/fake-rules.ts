import { isObject } from '../../runtime/json.ts';
import type { Operation } from '../../salesmachine/operation.ts';

type Rule = { isValid(value: unknown): boolean; must: string };
type Rules = Record<string, Rule>;

const isScalar = (value: unknown) =>
  value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);

function hasScalarsOnly(params: unknown): boolean {
  if (!isObject(params)) return false;
  for (const name in params) if (!isScalar(params[name])) return false;
  return true;
}

const SNAKE_CASE = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:_[\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*$/u;
const ISO_MILLISECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d)$/;

const text: Rule = { isValid: (value) => typeof value === 'string', must: 'be a string' };
const id: Rule = {
  isValid: (value) => typeof value === 'string' && value !== '',
  must: 'be a non-empty string',
};
const eventId: Rule = {
  isValid: (value) => typeof value === 'string' && SNAKE_CASE.test(value) && value === value.toLowerCase(),
  must: 'be in snake_case',
};
const params: Rule = {
  isValid: hasScalarsOnly,
  must: 'be an object of strings, numbers, booleans and nulls',
};
const date: Rule = {
  isValid: (value) =>
    typeof value === 'string' && ISO_MILLISECONDS.test(value) && !Number.isNaN(Date.parse(value)),
  must: 'be a date in ISO 8601 with milliseconds',
};

/** The fields that each kind of item must have. `email`, which would send one, is left out on purpose. */
const required: Record<Operation['method'], Rules> = {
  contact: { method: text, contact_uid: id, params },
  account: { method: text, account_uid: id, params },
  event: { method: text, contact_uid: id, event_uid: eventId, params },
  alias: { method: text, contact_uid: id, previous_contact_uid: id },
};

const optional: Rules = { created_at: date, messageId: id };

const isMethod = (value: unknown): value is Operation['method'] =>
  typeof value === 'string' && Object.hasOwn(required, value);

/** Names of fields come from outside, so `constructor` must not be found. */
const findRule = (rules: Rules, name: string) => (Object.hasOwn(rules, name) ? rules[name] : undefined);

/** What is wrong with an item, for a person and without any of its values; nothing if it is an operation. */
export function findProblem(item: unknown): string | undefined {
  if (!isObject(item)) return 'an item must be an object';
  const method = item['method'];
  if (!isMethod(method)) return `method must be one of ${Object.keys(required).join(', ')}`;
  const rules = required[method];
  for (const name in rules) {
    if (!Object.hasOwn(item, name)) return `${name} is missing`;
  }
  for (const name in item) {
    const rule = findRule(rules, name) ?? findRule(optional, name);
    if (rule === undefined) return `an item of the method ${method} has a field that is not documented`;
    if (!rule.isValid(item[name])) return `${name} must ${rule.must}`;
  }
  return undefined;
}

export const isOperation = (item: unknown): item is Operation => findProblem(item) === undefined;
