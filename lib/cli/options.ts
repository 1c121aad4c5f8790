import { InvalidArgumentError } from 'commander';

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
    text.split(',').map((item) => {
      const choice = choices.find((each) => each === item.trim());
      if (choice === undefined) throw new InvalidArgumentError(`Each must be one of ${choices.join(', ')}.`);
      return choice;
    });
