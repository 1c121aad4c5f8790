import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { JsonObject } from '../../lib/runtime/json.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import { captureOutput } from '../support/output.ts';
import { startTestRelay } from '../support/relay.ts';

const docs = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

/**
 * The query of docs/operations.md for Logs Insights, as far as it uses its language: the fields, and what the line must
 * hold.
 */
function readQuery(text: string) {
  const [, fields = '', filter = ''] = /^fields (.+) \| filter (.+) \| sort @timestamp/m.exec(text) ?? [];
  const needles = Array.from(filter.matchAll(/@message like "(\S+?)"/g), ([, needle = '']) => needle);
  return { fields: fields.split(', ').filter((field) => !field.startsWith('@')), needles };
}

const query = readQuery(docs);

/** What the query answers for a `messageId`: the named fields of the lines that hold it. */
function ask(lines: readonly JsonObject[], messageId: string): JsonObject[] {
  const given: Record<string, string> = { ID: messageId, HASH: hash('sha256', messageId).slice(0, 16) };
  const needles = query.needles.map((needle) => given[needle] ?? needle);
  return lines
    .filter((line) => needles.some((needle) => JSON.stringify(line).includes(needle)))
    .map((line) =>
      Object.fromEntries(
        query.fields.flatMap((field) => {
          const value = line[field];
          return value === undefined ? [] : [[field, value]];
        }),
      ),
    );
}

const uuid = (number: number) => `022bb90c-bbac-11e4-8dfc-${String(number).padStart(12, '0')}`;
const track = (messageId: string, fields = {}) => ({
  type: 'track',
  userId: `user of ${messageId}`,
  event: 'Clicked',
  messageId,
  ...fields,
});

test('one query says of any event what happened to it', async () => {
  const output = captureOutput();
  const relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '100000' }, { log: createLog('relay') });
  relay.fakeSalesmachine?.reject('coupon');
  const response = await relay.post('/segment', [
    track(uuid(1)),
    track('anna@example.com'),
    { type: 'screen', userId: 'u', messageId: uuid(2) },
    { type: 'track', userId: 'u', messageId: uuid(3) },
    track(uuid(4), { properties: { coupon: 'A' } }),
    // More than a line can name.
    ...Array.from({ length: 150 }, (_, index) => track(uuid(1_000 + index))),
  ]);
  expect(response.status).toBe(200);
  await relay.drained();
  await relay.stop();

  const lines = output.objects();
  const answers = (messageId: string) =>
    ask(lines, messageId).map(({ message, outcome, cause, reason }) =>
      [message, outcome ?? cause ?? reason].filter(Boolean).join(': '),
    );
  expect(answers(uuid(1)).at(0)).toBe('events queued');
  expect(answers(uuid(1)).at(-1)).toBe('request completed: delivered');
  expect(answers('anna@example.com').at(-1)).toBe('request completed: delivered');
  expect(answers(uuid(2))).toEqual(['events skipped: screen']);
  expect(answers(uuid(3))).toEqual(['dead letter written: invalid_event']);
  expect(answers(uuid(4)).at(0)).toBe('events queued');
  expect(answers(uuid(4))).toContain('request completed: ambiguous');
  expect(answers(uuid(4)).at(-1)).toBe('dead letter written: rejected');
  expect(answers(uuid(1_149)).at(0)).toBe('further events queued');
  expect(answers(uuid(1_149)).at(-1)).toBe('request completed: delivered');
  expect(answers(uuid(9_999))).toEqual([]);
  expect(output.text()).not.toContain('anna');
});

test('the query names fields that lines have', () => {
  expect(query.needles).toEqual(['ID', 'HASH']);
  expect(query.fields).toContain('message');
});
