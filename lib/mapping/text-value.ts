/** How a string opens: Python's prefixes, and before the quote the backslashes of JSON that is a text itself. */
const OPENING_QUOTE = /[bfru]{0,2}(\\*)(["'])/iy;
const SCALAR_END = /[,;}\])"\n\r]/g;

const OPENING_BRACKETS = '{[(';
const CLOSING_BRACKETS = '}])';

/** Where the value ends that stands at `start` of a text that need be no JSON: it may never have been finished. */
export function findValueEnd(text: string, start: number): number {
  OPENING_QUOTE.lastIndex = start;
  const opening = OPENING_QUOTE.exec(text);
  if (opening) {
    const [{ length }, { length: escapes } = '', quote = ''] = opening;
    return findStringEnd(text, start + length, quote, escapes);
  }
  if (OPENING_BRACKETS.includes(text.charAt(start) || ' ')) return findClosingBracket(text, start);
  SCALAR_END.lastIndex = start;
  return SCALAR_END.exec(text)?.index ?? text.length;
}

/** Behind the bracket that closes the one at `start`. */
function findClosingBracket(text: string, start: number): number {
  let depth = 0;
  let escapes = 0;
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"' || character === "'") at = findStringEnd(text, at + 1, character, escapes) - 1;
    else if (OPENING_BRACKETS.includes(character)) depth += 1;
    else if (CLOSING_BRACKETS.includes(character)) depth -= 1;
    if (depth === 0) return at + 1;
    escapes = character === '\\' ? escapes + 1 : 0;
  }
  return text.length;
}

/**
 * Behind the quote that ends a string whose own quotes have so many backslashes before them: none in JSON, one in JSON
 * that is a text, three in JSON within that. A quote with fewer ends a string around it, and stays.
 */
function findStringEnd(text: string, start: number, quote: string, escapes: number): number {
  for (let at = text.indexOf(quote, start); at !== -1; at = text.indexOf(quote, at + 1)) {
    let first = at;
    while (first > start && text[first - 1] === '\\') first -= 1;
    const backslashes = at - first;
    if (backslashes < escapes) return first;
    if (backslashes % (2 * (escapes + 1)) === escapes) return at + 1;
  }
  return text.length;
}
