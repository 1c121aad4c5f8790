import { isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';

/** By their joined names, what stands in a context at paths such as `campaign` and `page.url`; null says nothing. */
export function pickContext(context: JsonObject, paths: readonly string[]): [name: string, value: Json][] {
  return paths.flatMap((path): [string, Json][] => {
    const keys = path.split('.');
    const value = keys.reduce<Json | undefined>(
      (inner, key) => (isJsonObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
      context,
    );
    return value === undefined || value === null ? [] : [[keys.join('_'), value]];
  });
}
