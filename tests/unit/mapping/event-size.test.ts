import { describe, expect, test } from '@jest/globals';
import { checkEvent, MAX_EVENT_BYTES, mapEvent } from '../../../lib/mapping/map-event.ts';
import type { Json, JsonObject } from '../../../lib/runtime/json.ts';
import { DEFAULT_MAPPING } from '../../support/mapping-settings.ts';

const settings = DEFAULT_MAPPING;

const identify = (traits: Json): JsonObject => ({ type: 'identify', userId: 'u1', messageId: 'm1', traits });

/** What the ingest, and what the worker says of an event. */
const kinds = (event: JsonObject) => [checkEvent(event, settings).kind, mapEvent(event, settings).kind];

const kept = ['event', 'operations'];
const tooLarge = ['too_large', 'too_large'];

function operationBytes(event: JsonObject): number {
  const mapped = mapEvent(event, settings);
  return mapped.kind === 'operations' ? Buffer.byteLength(JSON.stringify(mapped.operations)) : 0;
}

describe('the operations of an event', () => {
  test.each<[string, string]>([
    ['ASCII', 'x'],
    ['letters of three bytes', '注'],
    ['control characters, which have six', '\u0001'],
    ['quotes', '"'],
  ])('may have 500,000 bytes of %s, and not one more', (_what, character) => {
    const bytesEach = Buffer.byteLength(JSON.stringify(character)) - 2;
    const base = operationBytes(identify({ pad: '' }));
    const count = Math.floor((MAX_EVENT_BYTES - base) / bytesEach);
    const rest = MAX_EVENT_BYTES - base - count * bytesEach;
    const exact = identify({ pad: character.repeat(count) + 'x'.repeat(rest) });
    expect(operationBytes(exact)).toBe(MAX_EVENT_BYTES);
    expect(kinds(exact)).toEqual(kept);
    expect(kinds(identify({ pad: `${character.repeat(count)}${'x'.repeat(rest + 1)}` }))).toEqual(tooLarge);
  });

  test('are measured together: a page with a name becomes two events', () => {
    const page = (name: string): JsonObject => ({
      type: 'page',
      userId: 'u1',
      name,
      properties: { pad: 'x'.repeat(300_000) },
    });
    expect(kinds(page(''))).toEqual(kept);
    expect(kinds(page('Home'))).toEqual(tooLarge);
    const pad = '\u0001'.repeat(45_000);
    const named = { type: 'page', userId: 'u1', name: 'Home', properties: { pad } };
    expect(kinds(named)).toEqual(tooLarge);
  });

  // Built, they would have more characters than a text can have in V8.
  const LONG_KEY = 'k'.repeat(16_000);
  const createLeaves = (length: number) =>
    Object.fromEntries(Array.from({ length }, (_, index) => [`k${index}`, 1]));
  const leaves = createLeaves(34_000);

  test('are not built where long keys would stand before each of many values', () => {
    expect(kinds(identify({ [LONG_KEY]: leaves }))).toEqual(tooLarge);
    const page = { type: 'page', userId: 'u1', properties: { [LONG_KEY]: leaves } };
    expect(kinds(page)).toEqual(tooLarge);
    expect(kinds(identify({ ['k'.repeat(170)]: createLeaves(1_500) }))).toEqual(kept);
  });

  test('are not built of long keys that CONTEXT_ATTRIBUTES adds either', () => {
    const context = { page: { [LONG_KEY]: leaves } };
    const attack = { type: 'track', userId: 'u1', event: 'Ran', context };
    expect(kinds(attack)).toEqual(kept);
    const withPage = { ...settings, contextAttributes: ['page'] };
    expect(checkEvent(attack, withPage).kind).toBe('too_large');
    expect(mapEvent(attack, withPage).kind).toBe('too_large');
  });

  test('have what a list holds only once, and its nulls not at all', () => {
    const object = { ['k'.repeat(400)]: 1 };
    expect(kinds(identify({ a: { b: Array.from({ length: 1_000 }, () => object) } }))).toEqual(kept);
    expect(kinds(identify({ a: Array.from({ length: 300_000 }, () => null) }))).toEqual(kept);
    expect(kinds(identify({ a: Array.from({ length: 300_000 }, () => 1) }))).toEqual(tooLarge);
  });

  test('have ids, names and the context in their measure', () => {
    const long = 'x'.repeat(600_000);
    expect(kinds({ type: 'track', userId: long, event: 'Ran' })).toEqual(tooLarge);
    expect(kinds({ type: 'track', userId: 'u1', event: long })).toEqual(tooLarge);
    expect(kinds({ type: 'page', userId: 'u1', context: { userAgent: long } })).toEqual(tooLarge);
    expect(kinds({ type: 'page', userId: 'u1', context: { library: long } })).toEqual(kept);
  });

  test('say so without a value of the event', () => {
    expect(checkEvent(identify({ canary: 'canary'.repeat(100_000) }), settings)).toEqual({
      kind: 'too_large',
      detail: 'flattened for Salesmachine, the event has over 500000 bytes',
    });
  });
});
