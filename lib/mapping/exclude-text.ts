import { excludeQuery } from './exclude-query.ts';
import type { MappingSettings } from './mapping-settings.ts';
import { getAttributeMatcher, getMatcher, type NameMatcher } from './name-pattern.ts';
import { findValueEnd } from './text-value.ts';

type Excluding = Pick<MappingSettings, 'excludeAttributes' | 'excludeQuery'>;
type Cut = { text: string; patterns: string[] };

/**
 * A key in double quotes, in single ones, or in none, before a colon or Ruby's arrow. Each quote is looked at twice at
 * most, and a key without quotes from its beginning only, so that it is linear.
 */
const MEMBER = /(?:"([^"]*)"|'([^']*)'|(?<![^\s{[(,;:])([^\s"'{}[\](),;:=]+))\s*(?::|=>)\s*/g;
/** Some write `&` and `=` as escapes, so that JSON can stand in HTML. */
const FIELD = /(^|[?&#;\s"']|\\u0026)([^=&#?;"'\s\\]+)(=|\\u003d)[^&#"\s\\]*/gi;

/**
 * A text that is no JSON as a whole, without what can be seen to be excluded: the values of keys that match become
 * `null`, however the keys are quoted, a form's fields lose theirs, and URLs lose parameters that match.
 */
export function excludeFromText(text: string, settings: Excluding): string {
  const matchAttribute = getAttributeMatcher(settings.excludeAttributes);
  const { text: kept } = excludeMembers(text, matchAttribute);
  return excludeQuery(excludeFields(kept, matchAttribute).text, getMatcher(settings.excludeQuery)).text;
}

/** A text in which the values of keys that match are `null`. */
export function excludeMembers(text: string, match: NameMatcher): Cut {
  const patterns: string[] = [];
  const kept: string[] = [];
  let from = 0;
  MEMBER.lastIndex = 0;
  for (let found = MEMBER.exec(text); found !== null; found = MEMBER.exec(text)) {
    const [whole, inDouble, inSingle, plain] = found;
    const pattern = match(parseKey(inDouble ?? inSingle ?? plain ?? ''));
    if (pattern === undefined) continue;
    const valueStart = found.index + whole.length;
    patterns.push(pattern);
    kept.push(text.slice(from, valueStart), 'null');
    from = findValueEnd(text, valueStart);
    MEMBER.lastIndex = from;
  }
  return { text: kept.join('') + text.slice(from), patterns };
}

/** A text in which the fields of a form that match are empty. */
export function excludeFields(text: string, match: NameMatcher): Cut {
  const patterns: string[] = [];
  const kept = text.replace(FIELD, (whole, mark: string, name: string, equals: string) => {
    const pattern = fieldNames(name)
      .map(match)
      .find((each) => each !== undefined);
    if (pattern === undefined) return whole;
    patterns.push(pattern);
    return mark + name + equals;
  });
  return { text: kept, patterns };
}

/** A form names what is nested by brackets: `traits[password]`. */
const fieldNames = (name: string): string[] => [name, ...name.split(/[[\]]|%5[BD]/i)];

/**
 * The name that a key means: in JSON that is a text, the quotes and escapes of its keys are escaped once more, and
 * again in JSON within that. Not by `JSON.parse`: it throws at what is no escape, and a text can have a million of
 * those.
 */
function parseKey(key: string): string {
  return key.replace(/\\(?:u([\da-f]{4})|([bfnrt])|)/gi, (_escape, hex?: string, space?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return space === undefined ? '' : ' ';
  });
}
