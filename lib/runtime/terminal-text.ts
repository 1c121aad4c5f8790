import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

const STYLES = ['bold', 'dim', 'red', 'green', 'yellow'] as const;

export type Style = (typeof STYLES)[number];

/** Marks of a style are Unicode noncharacters, which text does not hold; no terminal is given one. */
const FIRST_MARK = 0xfdd0;
const END_MARK = String.fromCharCode(FIRST_MARK + STYLES.length);

const getStartMark = (style: Style) => String.fromCharCode(FIRST_MARK + STYLES.indexOf(style));

/** Text that `toTerminalText` shows in a style. */
export const style = (style: Style, text: string): string => `${getStartMark(style)}${text}${END_MARK}`;

/** What could move the cursor, change colours, ring, or reverse what is read: C0, DEL, C1, bidi, line separators. */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

const toEscape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

const STYLED = new RegExp(
  `([${getStartMark('bold')}-${getStartMark('yellow')}])([^\uFDD0-\uFDEF]*)${END_MARK}`,
  'g',
);
const MARKS = /[\uFDD0-\uFDEF]/g;

/** Whether it is a terminal that shows styles; Node's go by NO_COLOR and FORCE_COLOR themselves. */
const hasStyles = (stream: Writable): boolean =>
  'hasColors' in stream && typeof stream.hasColors === 'function' && stream.hasColors() === true;

/**
 * One line as a terminal may get it, wherever its parts come from: each control character, line break and bidi
 * character is written as `\u001b`, which is also what it is in JSON. Styles go to a
 * terminal only, and to none that NO_COLOR is set for.
 */
export function toTerminalText(line: string, stream: Writable): string {
  const showsStyles = hasStyles(stream);
  const safe = line.toWellFormed().replace(UNSAFE, toEscape);
  return safe
    .replace(STYLED, (_, mark: string, text: string) => {
      const style = STYLES[mark.charCodeAt(0) - FIRST_MARK];
      return style && showsStyles ? styleText(style, text, { validateStream: false }) : text;
    })
    .replace(MARKS, '');
}
