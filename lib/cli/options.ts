import { InvalidArgumentError } from 'commander';
import { CommandError } from './cli-errors.ts';
import { suggest } from './suggest.ts';

const integerFrom =
  (min: number) =>
  (text: string): number => {
    const number = Number(text);
    if (text.trim() !== '' && Number.isInteger(number) && number >= min) return number;
    throw new InvalidArgumentError(`It must be a whole number of at least ${min}.`);
  };

/** For an option that takes a whole number of at least 1. */
export const positiveInteger = integerFrom(1);

/** For an option that takes a whole number of at least 0. */
export const nonNegativeInteger = integerFrom(0);

/** For an option that takes a number above 0. */
export function positiveNumber(text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** For an option that takes some of `choices`, separated by commas. */
export const choicesFrom =
  <Choice extends string>(choices: readonly Choice[]) =>
  (text: string): Choice[] =>
    text.split(',').map((item) => toChoice(item.trim(), choices));

/** For an argument that takes some of `choices`, one after the other. */
export const collectChoices =
  <Choice extends string>(choices: readonly Choice[]) =>
  (text: string, before: readonly Choice[] = []): Choice[] => [...before, toChoice(text, choices)];

function toChoice<Choice extends string>(text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw new InvalidArgumentError(`Each must be one of ${choices.join(', ')}.${suggest(text, choices)}`);
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A moment, or how long ago it was, in milliseconds since the epoch.
 *
 * @throws CommandError
 */
export function parseTime(option: string, text: string, now: number): number {
  const [, amount = '', unit = ''] = /^(\d+)\s*([smhd])(?: ago)?$/.exec(text.trim()) ?? [];
  const unitLengthMs = unitMs[unit];
  // Date.parse would take "3" for a month.
  const date = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  const time = unitLengthMs === undefined ? date : now - Number(amount) * unitLengthMs;
  if (!Number.isNaN(time)) return time;
  throw new CommandError(
    `${option} must be a time, 2026-01-31T08:00Z for example, or how long ago: 30m, 2h, 3d`,
  );
}
