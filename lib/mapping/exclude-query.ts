import type { NameMatcher } from './name-pattern.ts';

type Cut = { text: string; patterns: string[] };

/** Between a name and its value. A text without any has no parameters. */
const equals = /=|%(?:25)*3d|\\u003d/i;

/**
 * What a parameter stands behind, and ends at: `?`, `&`, `#`, `;`, white space, a quote. Each may be written as in HTML
 * (`&amp;`), as in JavaScript (`\u0026`), as in JSON that is a text (`\"`), or as in a URL that stands in another one
 * (`%3F`, `%253F`).
 */
const boundary = /((?<!\\)\\*"|\s+|&amp;|[?&#;]|\\u00(?:3f|26|23|3b)|%(?:25)*(?:3f|26|23|3b|22))/i;

type Mark = {
  written: string;
  sign: '?' | '&' | '#' | ';' | '"';
  /** 0 where it is not encoded, more where it is, and more again where that is encoded once more. */
  level: number;
};

type Part = { mark: Mark; body: string; isInQuery: boolean };

/**
 * A text without the parameters that match, wherever in it there is a URL, or a part of one, encoded or not: in a
 * query, in a fragment (OAuth puts tokens there, and a router a query of its own), in a path's segment (`;name=…`). A
 * parameter goes up to where the next one begins on its own level, or one further out. All else stays as it was
 * written; a query that is left empty goes with its question mark.
 */
export function excludeQuery(text: string, match: NameMatcher): Cut {
  const patterns: string[] = [];
  if (!equals.test(text)) return { text, patterns };
  const parts = splitParts(text);
  const kept: string[] = [];
  let cut: Part | undefined;
  let opening: Mark | undefined;
  for (const [index, part] of parts.entries()) {
    if (cut !== undefined && !endsValue(part, cut)) continue;
    const mark = joins(part.mark, opening) ? opening : part.mark;
    const pattern = findPattern(readName(part, index === 0, parts[index + 1]), match);
    if (pattern === undefined) {
      kept.push(mark.written, part.body);
      cut = opening = undefined;
    } else {
      patterns.push(pattern);
      if (mark.sign === '"') kept.push(mark.written);
      cut = part;
      opening = toOpening(mark);
    }
  }
  return { text: kept.join(''), patterns };
}

function splitParts(text: string): Part[] {
  const [first = '', ...pieces] = text.split(boundary);
  const parts: Part[] = [{ mark: { written: '', sign: '"', level: 0 }, body: first, isInQuery: false }];
  let isInQuery = false;
  for (let at = 0; at < pieces.length; at += 2) {
    const mark = readMark(pieces[at] ?? '');
    if (mark.sign !== '&' && mark.sign !== ';') isInQuery = mark.sign !== '"';
    parts.push({ mark, body: pieces[at + 1] ?? '', isInQuery });
  }
  return parts;
}

const signs: ReadonlyMap<string, Mark['sign']> = new Map([
  ['?', '?'],
  ['3f', '?'],
  ['&', '&'],
  ['&amp;', '&'],
  ['26', '&'],
  ['#', '#'],
  ['23', '#'],
  [';', ';'],
  ['3b', ';'],
]);

function readMark(written: string): Mark {
  const isEncoded = written.startsWith('%');
  const code = isEncoded || /^\\u/i.test(written) ? written.slice(-2).toLowerCase() : written.toLowerCase();
  return {
    written,
    sign: signs.get(code) ?? '"',
    level: isEncoded ? written.length : 0,
  };
}

/** Whether a value that is cut ends where this part begins. What is encoded further belongs to the value. */
function endsValue({ mark, body }: Part, cut: Part): boolean {
  if (mark.level > cut.mark.level) return false;
  // A value may have these two in it.
  if (mark.sign === ';') return equals.test(body);
  if (mark.sign === '?') return mark.level < cut.mark.level || (cut.mark.sign === ';' && !cut.isInQuery);
  return true;
}

/** What stood before a parameter that is cut, if it is now to begin the next one. */
function toOpening(mark: Mark): Mark | undefined {
  if (mark.sign === '&' || mark.sign === ';') return undefined;
  return mark.sign === '"' ? { ...mark, written: '' } : mark;
}

const joins = ({ sign, level }: Mark, opening: Mark | undefined): opening is Mark =>
  (sign === '&' || sign === ';') && level === opening?.level;

/**
 * The name of a parameter; undefined for what is none. Where no sign stands before it, a text may happen to have an
 * `=`: then it is one if another follows, or if the whole text is `name=value`.
 */
function readName({ mark, body }: Part, isFirst: boolean, next: Part | undefined): string | undefined {
  const at = body.search(equals);
  if (at === -1) return undefined;
  const name = body.slice(0, at);
  if (mark.sign !== '"') return name;
  const isAlone = isFirst && next === undefined && !/=$/.test(body); // It would be Base64.
  return (isAlone || next?.mark.sign === '&') && !/[/:]/.test(name) ? name : undefined;
}

function findPattern(written: string | undefined, match: NameMatcher): string | undefined {
  if (written === undefined) return undefined;
  for (const name of readNames(written)) {
    const pattern = match(name);
    if (pattern !== undefined) return pattern;
  }
  return undefined;
}

/**
 * `user[token]` and `user.token` are called so, or `user_token`, as an attribute would be, or by any of their parts.
 */
function readNames(written: string): string[] {
  if (!/[%+[.]/.test(written)) return [written];
  const name = decode(written);
  const parts = name.split(/[[\].]/).filter((part) => part !== '');
  return [name, parts.join('_'), ...parts];
}

/** As often as it was encoded. What is no UTF-8 in the end is not what anyone names. */
function decode(name: string): string {
  let decoded = name.replaceAll('+', ' ');
  for (let level = 0; level < MAX_LEVEL && decoded.includes('%'); level += 1)
    decoded = decoded.replace(/(?:%[\da-f]{2})+/gi, (run) =>
      Buffer.from(run.replaceAll('%', ''), 'hex').toString(),
    );
  return decoded;
}

const MAX_LEVEL = 5;
