import { isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';

/**
 * The paths that a setting means: `Campaign`, `context.campaign`, `campaign.*` are `campaign`, and what is a part of
 * another one goes with that.
 */
export function parseContextPaths(written: readonly string[]): string[] {
  const paths = new Set(written.map((path) => path.toLowerCase().replace(/^context\.|\.\*$/g, '')));
  return [...paths].filter((path) => ![...paths].some((other) => path.startsWith(`${other}.`)));
}

/**
 * By their joined names, what stands in a context at paths such as `campaign` and `page.url`, or `page_url`; null says
 * nothing.
 *
 * @param paths in lower case: keys match in any
 */
export function pickContext(context: JsonObject, paths: readonly string[]): [name: string, value: Json][] {
  return paths.flatMap((path) => {
    const found = find(context, path);
    return found === undefined || found[1] === null ? [] : [found];
  });
}

function find(object: JsonObject, path: string): [name: string, value: Json] | undefined {
  for (const key in object) {
    const value = object[key] ?? null;
    const lowerCase = key.toLowerCase();
    if (lowerCase === path) return [key, value];
    const isAbove = path.startsWith(lowerCase) && /[._]/.test(path.charAt(key.length));
    const below = isAbove && isJsonObject(value) ? find(value, path.slice(key.length + 1)) : undefined;
    if (below !== undefined) return [`${key}_${below[0]}`, below[1]];
  }
  return undefined;
}
