/** In place of `lib/runtime/memoize.ts`: what is kept would carry what one mutant made over to the next. */
export const memoizeByText = <Value>(make: (text: string) => Value): ((text: string) => Value) => make;
export const memoizeByObject = <Key, Value>(make: (key: Key) => Value): ((key: Key) => Value) => make;
