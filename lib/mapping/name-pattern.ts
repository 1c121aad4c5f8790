/** The pattern that a name matches; undefined if it matches none. */
export type NameMatcher = (name: string) => string | undefined;

const matchers = new WeakMap<readonly string[], NameMatcher>();

/**
 * Matches names against patterns: without outer spaces, any case, `*` for any text, all else exactly. No regular expressions: those with
 * several `*` can take very long over a name that was made for it.
 *
 * @param patterns a list that does not change: what was made of it is kept
 */
export function matcherOf(patterns: readonly string[]): NameMatcher {
  const known = matchers.get(patterns) ?? createMatcher(patterns);
  matchers.set(patterns, known);
  return known;
}

function createMatcher(patterns: readonly string[]): NameMatcher {
  if (patterns.length === 0) return () => undefined;
  const globs = patterns.map((pattern) => ({ pattern, parts: pattern.toLowerCase().split('*') }));
  return (name) => {
    const lowerCase = name.trim().toLowerCase();
    return globs.find(({ parts }) => matches(lowerCase, parts))?.pattern;
  };
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
