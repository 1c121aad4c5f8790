import { parseObjectOrEmpty } from '../runtime/json.ts';
import type { ApiResult } from './client.ts';
import { isHtmlPage } from './html-page.ts';
import type { Operation } from './operation.ts';

/** What is said of a page: its words are those of a firewall or proxy, for people at a browser. */
export const HTML_PAGE = 'an HTML page';

const MAX_LENGTH = 200;
/** Bodies are cut before they are searched, so that a long one costs no more than a short one. */
const MAX_SEARCHED_LENGTH = 2_000;

/**
 * What Salesmachine says of a refusal, without what it may quote of the data: e-mail addresses, quoted text, numbers,
 * and any value of the operations. The name of an attribute that they have stays, for that is what the operator needs.
 * Bodies are `{error}` or `{code, message}` (the vendor's clients); of any other, only the status is told.
 */
export function toErrorDetail(status: number, body: string, operations: readonly Operation[] = []): string {
  const message = redact(parseMessage(body).slice(0, MAX_SEARCHED_LENGTH), operations).slice(0, MAX_LENGTH);
  return message === '' ? `Salesmachine answered ${status}` : `Salesmachine answered ${status}: ${message}`;
}

/** The same of any result: why there was no answer, if there was none. */
export const describeResult = (result: ApiResult, operations: readonly Operation[] = []): string =>
  result.kind === 'response'
    ? toErrorDetail(result.status, result.body, operations)
    : (result.text ?? result.code);

function parseMessage(body: string): string {
  if (isHtmlPage(undefined, body)) return HTML_PAGE;
  const { error, message } = parseObjectOrEmpty(body);
  const text = error ?? message;
  return typeof text === 'string' ? text : '';
}

function redact(message: string, operations: readonly Operation[]): string {
  const { names, values } = describeData(operations);
  const withoutAddresses = straightenQuotes(message)
    // From the beginning of a word only: else an endless word would take endless time.
    .replace(/(?<![^\s@<>"'])[^\s@<>"']+@[^\s@<>"']+/g, '…');
  const withoutValues = values.reduce(redactValue, withoutAddresses);
  return redactQuoted(withoutValues, names).replace(/[\p{L}\p{N}_.-]+/gu, (word) =>
    names.has(word) ? word : word.replace(/\d+/g, '#'),
  );
}

const straightenQuotes = (text: string): string => text.replace(/[“”„‟«»]/g, '"').replace(/[‘’‚‛‹›`´]/g, "'");

/** The names of the operations' attributes, and those of their values that can be told from other words. */
function describeData(operations: readonly Operation[]) {
  const fields = operations.flatMap((operation) => [
    ...Object.entries(operation),
    ...('params' in operation ? Object.entries(operation.params) : []),
  ]);
  const names = new Set(fields.map(([name]) => name).filter((name) => /^[A-Za-z_][\w.-]{0,63}$/.test(name)));
  const values = new Set(
    fields.flatMap(([name, value]) => (name !== 'method' && typeof value === 'string' ? value : [])),
  );
  return { names, values: [...values].filter((value) => !names.has(value)) };
}

/** Without a value, in any case. A short one could be any word, unless its capitals or accents tell it from these. */
function redactValue(text: string, value: string): string {
  const straight = straightenQuotes(value.slice(0, MAX_SEARCHED_LENGTH));
  if (straight.trim() === '' || !text.toLowerCase().includes(straight.toLowerCase())) return text;
  const escaped = straight.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  if (straight.length > 3) return text.replace(new RegExp(escaped, 'giu'), '…');
  if (!/[^\P{L}a-z]/u.test(straight)) return text;
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'gu'), '…');
}

/**
 * A quote inside a word is an apostrophe. The others open and close in turn, and what stands between, or behind the
 * last one that opens, is replaced unless it is a name; where they do not match, everything from the first to the last
 * is.
 */
function redactQuoted(text: string, names: ReadonlySet<string>): string {
  const quotes = [...text.matchAll(/["']/g)].map(({ index }) => ({ index, side: sideOfQuote(text, index) }));
  const marks = quotes.filter(({ side }) => side !== 'apostrophe');
  const inTurn = marks.every(
    ({ side }, place) => side === 'either' || side === (place % 2 === 0 ? 'open' : 'close'),
  );
  if (!inTurn) return text.replace(/["'](?:.*["'])?/s, '"…"');

  const starts = [0, ...marks.map(({ index }) => index + 1)];
  const pieces = starts.map((start, place) => text.slice(start, marks[place]?.index));
  // Every second piece stands between two quotes.
  return pieces
    .map((piece, place) => (place % 2 === 0 ? piece : `"${names.has(piece) ? piece : '…'}"`))
    .join('');
}

const isWordCharacter = (character: string | undefined) =>
  character !== undefined && /[\p{L}\p{N}]/u.test(character);

function sideOfQuote(text: string, index: number): 'open' | 'close' | 'apostrophe' | 'either' {
  const [afterWord, beforeWord] = [isWordCharacter(text[index - 1]), isWordCharacter(text[index + 1])];
  if (afterWord && beforeWord) return 'apostrophe';
  if (afterWord) return 'close';
  return beforeWord ? 'open' : 'either';
}
