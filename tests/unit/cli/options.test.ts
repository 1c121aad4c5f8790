import { describe, expect, test } from '@jest/globals';
import { InvalidArgumentError } from 'commander';
import {
  choicesFrom,
  nonNegativeInteger,
  parseTime,
  positiveInteger,
  positiveNumber,
} from '../../../lib/cli/options.ts';

describe('an option that takes a number', () => {
  test.each([
    [positiveInteger, '1', 1],
    [positiveInteger, '2500', 2_500],
    [nonNegativeInteger, '0', 0],
    [positiveNumber, '0.5', 0.5],
    [positiveNumber, '1000', 1_000],
  ])('%p takes %j', (parse, text, number) => {
    expect(parse(text)).toBe(number);
  });

  test.each([
    [positiveInteger, ['0', '-1', '1.5', 'one', '', ' ', 'Infinity', '1e999']],
    [nonNegativeInteger, ['-1', '0.5', '', ' ', 'none']],
    // A rate of 0 would wait for ever.
    [positiveNumber, ['0', '-1', '', 'fast', 'NaN', 'Infinity']],
  ])('%p refuses %j', (parse, texts) => {
    for (const text of texts) expect(() => parse(text)).toThrow(InvalidArgumentError);
  });
});

test('choices are separated by commas, and each must be one', () => {
  expect(choicesFrom(['a', 'b'])('a, b')).toEqual(['a', 'b']);
  expect(() => choicesFrom(['a', 'b'])('a,c')).toThrow('Each must be one of a, b.');
});

describe('a time', () => {
  const now = Date.UTC(2026, 0, 31);

  test.each([
    ['45s', now - 45_000],
    ['30m', now - 1_800_000],
    ['2h ago', now - 7_200_000],
    ['3d', now - 259_200_000],
    [' 3 d ', now - 259_200_000],
    ['2026-01-30T08:00Z', Date.UTC(2026, 0, 30, 8)],
  ])('can be %j', (text, time) => {
    expect(parseTime('--since', text, now)).toBe(time);
  });

  test.each(['', '3', '3w', 'h', '-2h', 'yesterday', '2026-13-01', '31.1.2026'])('is not %j', (text) => {
    expect(() => parseTime('--since', text, now)).toThrow('--since must be a time');
  });
});
