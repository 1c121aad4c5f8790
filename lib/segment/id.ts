import type { Json } from '../runtime/json.ts';

/**
 * What a sender's bug writes where an id is missing: JavaScript's, Python's, Ruby's, Go's and Objective-C's words for
 * nothing, a boolean as text, and the UUID of zeros. All users of such an id would become one contact.
 */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  'undefined',
  'null',
  'NULL',
  'Null',
  'None',
  'nil',
  '<nil>',
  '<null>',
  '(null)',
  'NaN',
  'nan',
  '[object Object]',
  'true',
  'True',
  'false',
  'False',
  '00000000-0000-0000-0000-000000000000',
]);

export const isPlaceholderId = (text: string): boolean => PLACEHOLDERS.has(text.trim());

/** The id of a user, a group or an account: text or a number that is no placeholder. */
export function parseId(value: Json | undefined): string | undefined {
  const text = parseText(value);
  return text === undefined || isPlaceholderId(text) ? undefined : text;
}

/**
 * Text exactly as it is if it says something, or a number by its digits: 1e21 is written out, as it would be in a
 * sender's database. Nothing is trimmed; anything else is no text.
 */
export function parseText(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return isBlank(value) ? undefined : value;
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return Number.isSafeInteger(value) || !Number.isInteger(value) ? String(value) : String(BigInt(value));
}

/** Whether nothing is said: no value, null, or text of white space only. */
export function isBlank(value: Json | undefined): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}
