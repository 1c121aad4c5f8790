import type { Json } from '../runtime/json.ts';

/**
 * What a sender's bug writes where an id is missing, in any case: the words of programming languages for nothing, a
 * boolean as text, an object that was made a text, a UUID of zeros; also in quotes or brackets, or with nothing in
 * them. All users of such an id would become one contact.
 */
const NOTHING =
  '(?:undefined|null|none|nil|nan|true|false|\\[?object \\w+|Optional\\(nil|0{8}-?(?:0{4}-?){3}0{12})?';
/** A template that was never filled in: Handlebars', JavaScript's, Ruby's, EJS's and Liquid's. */
const TEMPLATE = '\\{{2,3}[^{}]*\\}{2,3}|[$#]\\{[^{}]*\\}|<%[^%]*%>|\\{%[^%]*%\\}';
const PLACEHOLDER = new RegExp(`^(?:["'<({[]*${NOTHING}["'>)}\\]]*|${TEMPLATE})$`, 'i');

/** No placeholder is longer, but for templates of no use to anyone. */
const MAX_PLACEHOLDER = 100;

export const isPlaceholderId = (text: string): boolean =>
  text.length <= MAX_PLACEHOLDER && PLACEHOLDER.test(text.trim());

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
