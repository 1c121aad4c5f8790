import type { NameMatcher } from './name-pattern.ts';

type Cut = { text: string; patterns: string[] };

/** White space and quotes end a URL that stands in a text, or in JSON that is a text. */
const separator = /([\s"]+)/;

/** How often a URL may stand encoded in another one's parameter: `?next=https%3A%2F%2F…%3Ftoken%3D…`. */
const MAX_NESTING = 3;

/**
 * A text whose URLs are without the parameters that match, in their queries and in fragments that look like one (OAuth
 * puts tokens there), and in the URLs that are parameters themselves. All else stays as it was written; a query that is
 * left empty goes with its question mark.
 */
export function excludeQuery(text: string, match: NameMatcher, nesting = 0): Cut {
  const patterns: string[] = [];
  if (!text.includes('=')) return { text, patterns };
  const keep = (parameter: string): string[] => {
    const pattern = parameterNames(parameter)
      .map(match)
      .find((found) => found !== undefined);
    if (pattern !== undefined) patterns.push(pattern);
    return pattern === undefined ? [nesting < MAX_NESTING ? cutValue(parameter) : parameter] : [];
  };

  function cutValue(parameter: string): string {
    const at = parameter.indexOf('=') + 1;
    const value = at > 0 && parameter.includes('%', at) ? decode(parameter.slice(at)) : undefined;
    if (value === undefined) return parameter;
    const inner = excludeQuery(value, match, nesting + 1);
    patterns.push(...inner.patterns);
    return inner.patterns.length === 0 ? parameter : parameter.slice(0, at) + encodeURIComponent(inner.text);
  }

  const pieces = text.split(separator).map((piece) => (piece.includes('=') ? cutUrl(piece, keep) : piece));
  return patterns.length === 0 ? { text, patterns } : { text: pieces.join(''), patterns };
}

type Keep = (parameter: string) => string[];

/** A URL, or the part of one that browsers report: `?a=b`, or `a=b&c=d` alone. */
function cutUrl(url: string, keep: Keep): string {
  if (!/[?#]/.test(url)) return url.includes('&') ? cutParameters(url, keep) : url;
  const [beforeFragment = '', ...fragment] = url.split('#');
  const [path = '', ...query] = beforeFragment.split('?');
  return path + cut('?', query.join('?'), keep) + cut('#', fragment.join('#'), keep);
}

function cut(mark: '?' | '#', parameters: string, keep: Keep): string {
  // A router's fragment, `#/reset?token=…`, has its parameters behind a question mark of its own.
  const at = parameters.indexOf('?') + 1;
  const kept = cutParameters(parameters.slice(at), keep);
  return parameters === '' || (at === 0 && kept === '') ? '' : mark + parameters.slice(0, at) + kept;
}

/** HTML writes `&amp;`, and some servers take `;` for `&`. */
function cutParameters(parameters: string, keep: Keep): string {
  const kept = parameters
    .split('&')
    .flatMap((parameter) => parameter.split(';').flatMap(keep).join(';') || []);
  return kept.join('&');
}

/** The name, and what it is without the brackets of a list: `token[0]` is `token`. */
function parameterNames(parameter: string): string[] {
  const [written = ''] = parameter.split('=', 1);
  const name = (decode(written) ?? written).trim();
  return name.endsWith(']') ? [name, name.replace(/\[.*/s, '')] : [name];
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
