import { readdirSync, readFileSync } from 'node:fs';
import { isJsonObject, type Json, type JsonObject, parseJson } from '../../lib/runtime/json.ts';

/** Stands for what no output may tell: it looks like an address, a name and an id at once. */
export const PII_MARKER = 'canary-7f3a@example.com';

const directory = new URL('../fixtures/events/', import.meta.url);

/** The real events, with the canary in every text and in the name of every attribute; only `type` is as it was. */
export function eventsWithPiiMarkers(): JsonObject[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => parseJson(readFileSync(new URL(name, directory), 'utf8')))
    .filter(isJsonObject)
    .map((event) =>
      Object.fromEntries(
        Object.entries(event).map(([key, value]) => [key, key === 'type' ? value : addMarker(value)]),
      ),
    );
}

function addMarker(value: Json): Json {
  if (typeof value === 'string') return `${PII_MARKER} ${value}`;
  if (Array.isArray(value)) return value.map(addMarker);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => [
      [key, addMarker(inner)],
      [`${PII_MARKER} ${key}`, inner],
    ]),
  );
}
