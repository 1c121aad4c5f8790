import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { mapValue } from '../../lib/cli/commands/map-command.ts';
import { isJsonObject, parseJson } from '../../lib/runtime/json.ts';
import type {
  AccountOperation,
  ContactOperation,
  Operation,
  Params,
  Scalar,
} from '../../lib/salesmachine/operation.ts';
import { sign } from '../../lib/segment/signature.ts';
import { DEFAULT_MAPPING } from '../support/mapping-settings.ts';
import { patientClock } from '../support/patient-clock.ts';
import { receiveAll } from '../support/receive-all.ts';
import { SHARED_SECRET, startTestRelay } from '../support/relay.ts';

const directory = new URL('../fixtures/events/', import.meta.url);

const startedAt = new Date(patientClock.now()).toISOString();

/** One event a line, as its sender wrote it: to parse and write it again would change numbers. */
const linesOf = (file: string) =>
  readFileSync(new URL(file, directory), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => line.replace(/,$/, ''));

const real = readdirSync(directory)
  .filter((name) => name.endsWith('.json'))
  .flatMap(linesOf);

/** Each of these may have happened twice: nothing tells it from its like. */
const repeated = real.filter((text) => isUntold(text)).slice(0, 50);

const texts = [...real, ...repeated];
const mapped = texts.map((text) => mapValue(parseJson(text), DEFAULT_MAPPING));
const operations = mapped.flatMap((line) => ('operations' in line ? line.operations : []));
const invalid = texts.filter((_, index) => 'invalid' in (mapped[index] ?? {}));
const expectedCounts = {
  accepted: mapped.filter((line) => 'operations' in line).length,
  deadLettered: invalid.length,
  skipped: mapped.filter((line) => 'skipped' in line).length,
};

function isUntold(text: string): boolean {
  const value = parseJson(text);
  if (!isJsonObject(value) || value['messageId'] || value['timestamp']) return false;
  return 'operations' in mapValue(value, DEFAULT_MAPPING);
}

/** Pacing would take hours over requests that here carry one event: fauxqs hands out one of a user at a time. */
const UNPACED = { RATE_LIMIT_REQUESTS: '200000' };

describe('every real event', () => {
  test('is in every count of these tests', () => {
    expect(real).toHaveLength(1_626);
    expect(repeated).toHaveLength(50);
    expect(expectedCounts.accepted).toBeGreaterThan(900);
    expect(new Set(operations.map(({ method }) => method)).size).toBe(4);
  });

  test.each([
    ['posted one by one', texts.map((text) => ({ body: text, signed: text }))],
    ['posted in signed arrays of 100', inArrays(100)],
  ])('%s arrives once, or is a dead letter, or is skipped', async (_how, requests) => {
    const relay = await startTestRelay(UNPACED);
    const counts = { accepted: 0, deadLettered: 0, skipped: 0 };
    for (const { body, signed } of requests) {
      const headers = { 'x-signature': sign(signed, SHARED_SECRET) };
      const response = await relay.post('/segment', body, headers);
      expect(response.status).toBe(200);
      const answer = parseJson(await response.text());
      for (const name of ['accepted', 'deadLettered', 'skipped'] as const)
        counts[name] += isJsonObject(answer) ? Number(answer[name]) : Number.NaN;
    }
    expect(counts).toEqual(expectedCounts);

    const state = await relay.drained();
    expect(countEach(state.operations.filter(isAddition).map(withoutAcceptance))).toEqual(
      countEach(operations.filter(isAddition)),
    );
    expectLastValues(state.operations.filter(isUpdate), operations.filter(isUpdate));

    // Nothing was refused later on, by Salesmachine. Two requests may hold the same unusable event: it is written once,
    // because the second could be the first sent again.
    const deadLetters = await receiveAll(relay.queues.connect(), relay.queues.deadLetters);
    const written = countEach(deadLetters.map(({ body }) => withoutRetryFields(body)));
    const expected = countEach(invalid.map(withoutRetryFields));
    expect(new Set(written)).toEqual(new Set(expected));
    expect(written.length).toBeLessThanOrEqual(expected.length);
  });
});

/** As Segment signs them: over the first element. */
function inArrays(size: number) {
  return Array.from({ length: Math.ceil(texts.length / size) }, (_, index) => {
    const chunk = texts.slice(index * size, (index + 1) * size);
    return { body: `[${chunk.join()}]`, signed: chunk[0] ?? '' };
  });
}

/** In a fixed order: equal for two lists that hold the same, each as often. */
const countEach = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).sort();

/** An event without a time of its own has that of its acceptance, which is later than any that is written here. */
function withoutAcceptance({ created_at: createdAt, ...operation }: Operation) {
  const isOwn = createdAt !== undefined && createdAt < startedAt;
  const { messageId, ...fields } = operation;
  return {
    ...fields,
    ...(isOwn && { created_at: createdAt }),
    ...(messageId !== undefined && { messageId }),
  };
}

/** Two do not tell events apart, because a sender's retry changes them; and no dead letter holds a credential. */
function withoutRetryFields(text: string) {
  const { sentAt: _, receivedAt: __, writeKey: ___, ...content } = JSON.parse(text);
  return content;
}

type Update = AccountOperation | ContactOperation;

const isUpdate = (operation: Operation): operation is Update =>
  operation.method === 'account' || operation.method === 'contact';

const isAddition = (operation: Operation) => !isUpdate(operation);

const ownerOf = (update: Update) =>
  update.method === 'account' ? `account ${update.account_uid}` : `contact ${update.contact_uid}`;

/**
 * Updates of one contact or account are merged when they go in one request, and there the latest by its time wins; so
 * what is fixed is the end: every attribute is there, with a value that one of the updates gave. A contact whose times
 * are in the order of arrival ends as its last update left it. (An account's updates come from several users, whose
 * order among each other is not kept.)
 */
function expectLastValues(state: readonly Update[], updates: readonly Update[]): void {
  const heldByOwner = Map.groupBy(state, ownerOf);
  const expected = Map.groupBy(updates, ownerOf);
  expect([...heldByOwner.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [owner, given] of expected) {
    const end = endOf(heldByOwner.get(owner) ?? []);
    const last = endOf(given);
    if (given.every(({ method }) => method === 'contact') && isInOrder(given)) expect(end).toEqual(last);
    expect(Object.keys(end).sort()).toEqual(Object.keys(last).sort());
    for (const [name, value] of Object.entries(end)) expect(valuesOf(given, name)).toContain(value);
  }
}

const endOf = (updates: readonly Update[]): Params =>
  Object.assign({}, ...updates.map(({ params }) => params));

const valuesOf = (updates: readonly Update[], name: string): Scalar[] =>
  updates.flatMap(({ params }) => (params[name] === undefined ? [] : [params[name]]));

/** Events without a time get the one of their arrival, which is later than any that is written here. */
function isInOrder(updates: readonly Update[]): boolean {
  const times = updates.map(({ created_at: createdAt }) => createdAt ?? 'now');
  return times.every((time, index) => index === 0 || (times[index - 1] ?? '') <= time);
}
