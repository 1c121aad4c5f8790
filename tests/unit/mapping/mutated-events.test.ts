import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { excludeAttributes } from '../../../lib/mapping/exclude-attributes.ts';
import { checkEvent, MAX_EVENT_BYTES, mapEvent } from '../../../lib/mapping/map-event.ts';
import type { MappingSettings } from '../../../lib/mapping/mapping-settings.ts';
import { isJsonObject, type Json, type JsonObject, parseJson } from '../../../lib/runtime/json.ts';
import type { Random } from '../../../lib/runtime/random.ts';
import type { Operation } from '../../../lib/salesmachine/operation.ts';
import { DEFAULT_MAPPING } from '../../support/mapping-settings.ts';
import { pick, seededRandom } from '../../support/seeded-random.ts';

const COUNT = Number(process.env['MUTATED_EVENTS'] ?? 2_000);
const SEED = 14;

const read = (folder: string): Json[] =>
  readdirSync(new URL(folder, import.meta.url))
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => parseJson(readFileSync(new URL(`${folder}${name}`, import.meta.url), 'utf8')));

const fixtures = read('../../fixtures/mapping/valid/').flatMap((fixture) =>
  isJsonObject(fixture) && isJsonObject(fixture['event']) ? [fixture['event']] : [],
);
const [firstEvent = {}, ...otherEvents] = [
  ...fixtures,
  ...read('../../fixtures/events/').filter(isJsonObject),
];
const events: readonly [JsonObject, ...JsonObject[]] = [firstEvent, ...otherEvents];

const deep = (depth: number): Json => (depth === 0 ? 1 : { a: deep(depth - 1) });

/** 6 KB that become 1 MB once they are flat. */
const keyBomb = {
  ['k'.repeat(5_000)]: Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`v${index}`, index])),
};

const largeEvent: JsonObject = { type: 'identify', userId: 'u1', traits: { plan: 'pro', bomb: keyBomb } };

/** What a bug of a sender, or an attacker, puts in the place of any value. */
const oddValues: readonly [Json, ...Json[]] = [
  null,
  '',
  ' ',
  'undefined',
  '[object Object]',
  '\ud800',
  '\u0000\uffff',
  '😀',
  ' Order Completed ',
  'Pageview',
  'x'.repeat(2_000),
  '\u0301\u0316'.repeat(2_000),
  0,
  -0,
  1e21,
  1.5,
  '1e400',
  '12345678901234567890',
  true,
  false,
  [],
  [null],
  ['a', null, 1, true],
  [{ a: [{ b: null }] }],
  {},
  { a: { b: { c: 1 } }, a_b: 2, a_b_c: 3, a_b_c_2: 4 },
  { account: { uid: 'x' }, account_uid: ['y'], display_name: { a: 1 }, visit: { url: 1 } },
  deep(30),
  deep(80),
  JSON.parse('{"__proto__":{"a":1},"constructor":{"prototype":{"b":1}}}'),
  '2026-02-30T00:00:00Z',
  'Wed, 04 Mar 2026 05:06:07 +0000',
  1772600767.891,
  'https://user:token@www.example.com/?token=1#token=2',
  keyBomb,
];

const keys = [
  'account_uid',
  'display_name',
  'mrr',
  'name',
  'First Name',
  'website',
  'url',
  'token',
  '__proto__',
  'toString',
  '',
  '\udc00',
  'userId',
  'type',
] as const;

const settingsList: readonly [MappingSettings, ...MappingSettings[]] = [
  DEFAULT_MAPPING,
  { ...DEFAULT_MAPPING, anonymousContacts: 'skip', alias: 'off', screen: 'event' },
  { ...DEFAULT_MAPPING, contextAttributes: ['page', 'campaign.name', 'traits', 'ip'], screen: 'event' },
  { ...DEFAULT_MAPPING, excludeAttributes: ['*name*', 'token', 'page'], excludeQuery: ['*'] },
];

/** The value with something in it changed, taken out, put in or exchanged. */
function mutate(value: Json, random: Random): Json {
  if (!isJsonObject(value) || Object.keys(value).length === 0 || random() < 0.1)
    return pick(random, oddValues);
  const entries = Object.entries(value);
  const at = Math.floor(random() * entries.length);
  const [key, inner] = entries[at] ?? ['', null];
  const changes: readonly [() => [string, Json][], ...(() => [string, Json][])[]] = [
    () => [[key, mutate(inner, random)]],
    () => [[key, mutate(inner, random)]],
    () => [[pick(random, keys), inner]],
    () => [
      [key, inner],
      [pick(random, keys), pick(random, oddValues)],
    ],
    () => [],
  ];
  // From entries, because a key may be called `__proto__`.
  return Object.fromEntries(entries.toSpliced(at, 1, ...pick(random, changes)()));
}

function mutateOften(event: JsonObject, random: Random): Json {
  let mutated: Json = event;
  for (let round = 1 + Math.floor(random() * 4); round > 0; round -= 1) mutated = mutate(mutated, random);
  return mutated;
}

/** What is wrong with an operation, by what Salesmachine documents of every item. */
function findProblem(operation: Operation): string | undefined {
  const { created_at = '2026-01-01T00:00:00.000Z', ...fields } = operation;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(created_at)) return 'created_at';
  const params = operation.method === 'alias' ? {} : operation.params;
  const badField = Object.entries(fields).find(
    ([name, value]) => (name.endsWith('_uid') || name === 'messageId') && !isId(value),
  );
  const badParam = Object.entries(params).find(([name, value]) => !name.isWellFormed() || !isScalar(value));
  return (badField ?? badParam)?.[0];
}

const isId = (value: unknown) => typeof value === 'string' && value.trim() !== '' && value.isWellFormed();

function isScalar(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value === 'boolean';
}

test(`${COUNT} mutated events map to well-formed operations or say why not, the same each time`, () => {
  const random = seededRandom(SEED, 'mutated events');
  const kinds = new Set<string>();
  for (let count = 0; count < COUNT; count += 1) {
    const event = mutateOften(random() < 0.02 ? largeEvent : pick(random, events), random);
    const settings = pick(random, settingsList);
    const mapped = mapEvent(event, settings);
    kinds.add(mapped.kind);
    expect(mapEvent(event, settings)).toEqual(mapped);

    const kept = excludeAttributes(event, settings).event;
    const checked = checkEvent(kept, settings).kind;
    expect(checked === 'event' ? 'operations' : checked).toBe(mapped.kind);
    expect(mapEvent(kept, settings)).toEqual(mapped);

    if (mapped.kind !== 'operations') continue;
    expect(mapped.operations.map(findProblem).filter(Boolean)).toEqual([]);
    const json = JSON.stringify(mapped.operations);
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(MAX_EVENT_BYTES);
  }
  expect(kinds).toEqual(new Set(['operations', 'skipped', 'invalid', 'too_large']));
  expect({}).not.toHaveProperty('a');
});
