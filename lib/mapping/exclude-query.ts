import type { NameMatcher } from './name-pattern.ts';

/** A text that can be a URL, or the part of one that browsers report: no white space, and a query or a fragment. */
const urlWithParameters = /^[^\s?#"{}]*[?#][^\s]*=/;

/**
 * A URL without the parameters that match, in its query and in a fragment that looks like one (OAuth puts tokens
 * there). All else stays as it was written; a query that is left empty goes with its question mark.
 */
export function excludeQuery(text: string, match: NameMatcher): { text: string; patterns: string[] } {
  const patterns: string[] = [];
  if (!urlWithParameters.test(text)) return { text, patterns };
  const keep = (parameter: string): boolean => {
    const pattern = match(parameterName(parameter));
    if (pattern !== undefined) patterns.push(pattern);
    return pattern === undefined;
  };
  const [beforeFragment = '', ...fragment] = text.split('#');
  const [path = '', ...query] = beforeFragment.split('?');
  const parts = [path, cut('?', query.join('?'), keep), cut('#', fragment.join('#'), keep)];
  return patterns.length === 0 ? { text, patterns } : { text: parts.join(''), patterns };
}

function cut(mark: '?' | '#', parameters: string, keep: (parameter: string) => boolean): string {
  // A router's fragment, `#/reset?token=…`, has its parameters behind a question mark of its own.
  const at = parameters.indexOf('?') + 1;
  const kept = parameters.slice(at).split('&').filter(keep).join('&');
  return parameters === '' || (at === 0 && kept === '') ? '' : mark + parameters.slice(0, at) + kept;
}

function parameterName(parameter: string): string {
  const [name = ''] = parameter.split('=', 1);
  try {
    return decodeURIComponent(name.replaceAll('+', ' ')).trim();
  } catch {
    return name;
  }
}
