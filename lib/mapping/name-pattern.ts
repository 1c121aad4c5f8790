import { memoizeByObject } from '../runtime/memoize.ts';

/** The pattern that a name matches; undefined if it matches none. */
export type NameMatcher = (name: string) => string | undefined;

/** What a pattern stands for besides itself. */
type OtherSpellings = (pattern: string) => string[];

/**
 * Matches names against patterns: `*` stands for any text, all else for itself, however it is written in Unicode, in
 * any case, without outer spaces. No regular expressions: those with several `*` can take very long over a name that
 * was made for it.
 *
 * @returns takes a list that does not change: what was made of it is kept
 */
export function createMatchers(
  otherSpellings: OtherSpellings = () => [],
): (patterns: readonly string[]) => NameMatcher {
  return memoizeByObject((patterns) => createMatcher(patterns, otherSpellings));
}

export const getMatcher = createMatchers();

/**
 * Names of attributes may be paths, as they stand in the event: `traits.address.city` is `address_city`, and
 * `items[].sku`, as `relay map --explain` writes it, is `items_sku`.
 */
export const getAttributeMatcher = createMatchers((pattern) => [
  pattern.replace(ROOT, '').replaceAll('[]', '').replaceAll('.', '_'),
]);

const ROOT = /^(?:(?:context\.)?traits|properties|context)\./i;

function createMatcher(patterns: readonly string[], otherSpellings: OtherSpellings): NameMatcher {
  if (patterns.length === 0) return () => undefined;
  const globs = patterns.flatMap((pattern) =>
    [...new Set([pattern, ...otherSpellings(pattern)])].map((spelling) => ({
      pattern,
      parts: fold(spelling).split('*'),
    })),
  );
  return (name) => {
    const folded = fold(name);
    return globs.find(({ parts }) => matches(folded, parts))?.pattern;
  };
}

const ASCII = /^[ -~]*$/;
/** The time that Unicode's rules take can grow with the square of the length. */
const MAX_NORMALIZED_LENGTH = 1_000;

/** As names are compared: in lower case, one spelling of each letter, without what cannot be seen. */
function fold(name: string): string {
  const isPlain = ASCII.test(name) || name.length > MAX_NORMALIZED_LENGTH;
  const normalized = isPlain
    ? name
    : name.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  return normalized.trim().toLowerCase();
}

/** The first part is the beginning, the last the end; those between them follow one another somewhere. */
function matches(name: string, [first = '', ...others]: readonly string[]): boolean {
  const last = others.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const part of others) {
    const at = name.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
