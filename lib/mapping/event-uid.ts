import { hash } from 'node:crypto';
import { memoizeByText } from '../runtime/memoize.ts';

/** Salesmachine reads an event of this id as a page view and makes sessions of it. */
export const PAGEVIEW = 'pageview';

/** What a custom event that is called "pageview" becomes: it must not fake a session. */
const PAGEVIEW_EVENT = 'pageview_event';

const MAX_LENGTH = 1_000;
const HASH_LENGTH = 16;

/** A word: it starts with a letter or digit of any script; marks belong to the letter before them. */
const wordPattern = /[\p{L}\p{N}][\p{L}\p{N}\p{Mn}\p{Mc}]*/gu;

/**
 * Where camelCase starts a word: `order|Completed`, `order2|Completed`, `HTTP|Request`. A capital is what has a lower
 * case (`CWL`, Changes_When_Lowercased): 𝐀 has none, and would split the finished id once more.
 */
const camelCaseBoundary = /(?=\p{CWL})(?<=[\p{Ll}\p{N}]\p{M}*)|(?=\p{CWL}\p{M}*\p{Ll})(?<=\p{CWL}\p{M}*)/gu;

/** They choose a glyph (❤ or ❤️) and name nothing. */
const variationSelector = /\p{Variation_Selector}/gu;

/**
 * The `event_uid` for an event's name: snake_case, as Salesmachine's documentation asks for.
 *
 * Letters and digits of any script stay, in lower case; everything else becomes one `_`, with none at the ends;
 * camelCase is split ("HTTPRequest" gives `http_request`, "iOS App" gives `i_os_app`). Both Unicode spellings of
 * an accented letter give the same id. A name without any letter or digit becomes its code points: "🎉" gives
 * `u1f389`. "Pageview", in any spelling that gives the reserved `pageview`, becomes `pageview_event`.
 *
 * Salesmachine documents no length, and two long names must not become one event. But the time that Unicode's rules
 * take grows with the square of the name's length, so of a name over 1,000 characters the rest becomes a hash.
 */
export function eventUid(name: string): string {
  if (name.length > MAX_LENGTH) {
    const rest = hash('sha256', name.toWellFormed()).slice(0, HASH_LENGTH);
    return `${eventUid(name.slice(0, MAX_LENGTH))}_${rest}`;
  }
  return toUid(name);
}

const MAX_KNOWN = 1_000;

/** A source has a few dozen names, and Unicode's rules take half of the time that the rest of a small event takes. */
const toUid = memoizeByText((name) => {
  const uid = splitWords(name).join('_') || codePoints(name).join('_');
  return uid === PAGEVIEW ? PAGEVIEW_EVENT : uid;
}, MAX_KNOWN);

function splitWords(name: string): string[] {
  const split = name.replace(variationSelector, '').normalize('NFC').replace(camelCaseBoundary, '_');
  return split.toLowerCase().normalize('NFC').match(wordPattern) ?? [];
}

function codePoints(name: string): string[] {
  const seen = name.replace(variationSelector, '') || name;
  return Array.from(seen.toWellFormed(), (character) => `u${character.codePointAt(0)?.toString(16)}`);
}
