import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { style, toTerminalText } from '../../../lib/runtime/terminal-text.ts';

const pipe = new PassThrough();
const terminal = Object.assign(new PassThrough(), { isTTY: true, hasColors: () => true });

const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

describe('a line for a terminal', () => {
  test.each([
    ['an escape sequence', '\u001B[2J', '\\u001b[2J'],
    ['a C1 control', '\u009B31m', '\\u009b31m'],
    ['a line break', 'a\r\nb', 'a\\u000d\\u000ab'],
    ['a bidi override', 'a\u202Eb', 'a\\u202eb'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
  ])('shows %s as an escape', (_, text, shown) => {
    expect(toTerminalText(text, pipe)).toBe(shown);
    expect(toTerminalText(text, terminal)).toBe(shown);
  });

  test('leaves every script and emoji as it is', () => {
    const text = 'Zoë 東京 مرحبا שלום 👩‍👩‍👧 é';
    expect(toTerminalText(text, terminal)).toBe(text);
  });

  test('shows styles on a terminal only, around text that is safe', () => {
    const line = `${style('bold', 'a\u0007')} b ${style('dim', 'c')}`;
    expect(toTerminalText(line, pipe)).toBe('a\\u0007 b c');
    expect(toTerminalText(line, terminal)).toBe('\u001B[1ma\\u0007\u001B[22m b \u001B[2mc\u001B[22m');
  });

  test('holds nothing unsafe, whatever it quotes', () => {
    const text = fc.string({
      unit: fc.constantFrom('\u001B', '[', '\u0085', '\uFDD0', '\uFDD5', '\u2067', '\uD800', 'a'),
    });
    fc.assert(
      fc.property(text, (quoted) => {
        expect(toTerminalText(quoted, pipe)).not.toMatch(UNSAFE);
        // Of the styles, only the relay's own are left.
        const unstyled = stripVTControlCharacters(toTerminalText(style('red', quoted), terminal));
        expect(unstyled).not.toMatch(UNSAFE);
      }),
    );
  });

  test('is the same JSON, where it is JSON', () => {
    const value = { 'a\u202Eb': '\u009B\u001B[0m\u2029' };
    expect(JSON.parse(toTerminalText(JSON.stringify(value), pipe))).toEqual(value);
  });
});
