import type { MappingSettings } from './mapping-settings.ts';
import { matcherOf } from './name-pattern.ts';

type Excluding = Pick<MappingSettings, 'excludeAttributes' | 'excludeQuery'>;

/** A key has no quotes in it, so that each quote is looked at twice at most. In JSON that is a text, `\"` ends it. */
const member = /"([^"]*)"\s*:\s*/g;
/** Some write `&` and `=` as escapes, so that JSON can stand in HTML. */
const parameter = /([?&#]|\\u0026)([^=&#?"\s\\]+)(=|\\u003d)[^&#"\s\\]*/gi;
const scalarEnd = /[\s,}\]]|$/g;

/**
 * A text that is no JSON as a whole, without what can be seen to be excluded: the values of keys that match become
 * `null`, and parameters that match lose their values.
 */
export function excludeFromText(text: string, { excludeAttributes, excludeQuery }: Excluding): string {
  return excludeParameters(excludeMembers(text, excludeAttributes), excludeQuery);
}

function excludeMembers(text: string, patterns: readonly string[]): string {
  if (patterns.length === 0) return text;
  const match = matcherOf(patterns);
  const kept: string[] = [];
  let from = 0;
  for (const { 0: start, 1: key = '', index } of text.matchAll(member)) {
    if (index < from || match(parseKey(key)) === undefined) continue;
    const valueStart = index + start.length;
    kept.push(text.slice(from, valueStart), 'null');
    from = findValueEnd(text, valueStart);
  }
  return kept.join('') + text.slice(from);
}

function excludeParameters(text: string, patterns: readonly string[]): string {
  if (patterns.length === 0) return text;
  const match = matcherOf(patterns);
  return text.replace(parameter, (whole, mark: string, name: string, equals: string) =>
    match(name) === undefined ? whole : mark + name + equals,
  );
}

function parseKey(key: string): string {
  try {
    return String(JSON.parse(`"${key}"`));
  } catch {
    return key.replaceAll('\\', '');
  }
}

/** Where a value ends that may never have been finished. */
function findValueEnd(text: string, start: number): number {
  if (text[start] === '"') return findStringEnd(text, start);
  if (text.startsWith('\\"', start)) return findEscapedStringEnd(text, start + 2);
  if (text[start] === '{' || text[start] === '[') return findClosingBracket(text, start);
  scalarEnd.lastIndex = start;
  return scalarEnd.exec(text)?.index ?? text.length;
}

/** Behind the bracket that closes the one at `start`. */
function findClosingBracket(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '"') at = findStringEnd(text, at) - 1;
    else if (text[at] === '{' || text[at] === '[') depth += 1;
    else if (text[at] === '}' || text[at] === ']') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

/** In JSON that is a string itself. Where the quote is a plain one, it ends the string around it, and stays. */
function findEscapedStringEnd(text: string, start: number): number {
  const quote = text.indexOf('"', start);
  if (quote === -1) return text.length;
  return text[quote - 1] === '\\' ? quote + 1 : quote;
}

function findStringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return at + 1;
    if (text[at] === '\\') at += 1;
  }
  return text.length;
}
