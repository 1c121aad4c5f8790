import { expect, test } from '@jest/globals';
import { createEventRing } from '../../../../lib/local/console/event-ring.ts';

const toEvent = (number: number, body = JSON.stringify({ messageId: `m${number}` })) => ({
  id: `id-${number}`,
  cameAt: number,
  body,
  source: undefined,
});

test('only the latest thousand events are kept', () => {
  const ring = createEventRing();
  for (let number = 0; number < 5_000; number++) ring.add(toEvent(number));
  expect(ring.changedSince(0)).toHaveLength(1_000);
  expect(ring.get('id-3999')).toBeUndefined();
  expect(ring.findByMessageId('m3999')).toBeUndefined();
  expect(ring.get('id-4000')).toBe(ring.findByMessageId('m4000'));
  expect(ring.oldestCameAt()).toBe(4_000);
});

test('of large events as many are kept as have their place, each with its beginning', () => {
  const ring = createEventRing();
  const body = JSON.stringify({ messageId: 'm', padding: 'x'.repeat(1_000_000) });
  for (let number = 0; number < 1_000; number++) ring.add(toEvent(number, body));
  const kept = ring.changedSince(0);
  const bytes = kept.reduce((sum, record) => sum + record.body.length, 0);
  expect(bytes).toBeLessThanOrEqual(48 * 1_048_576);
  expect(kept.length).toBeGreaterThan(300);
  expect(kept.every(({ isCut, body: start }) => isCut && body.startsWith(start))).toBe(true);
});

test('a request is known to have brought as many events as are added with it', () => {
  const ring = createEventRing();
  const source = { route: 'POST /segment', userAgent: '', credential: 'signed', events: 0 };
  for (const number of [1, 2, 2]) ring.add({ ...toEvent(number), source });
  expect(ring.get('id-1')?.source?.events).toBe(2);
});

test('of two events with one messageId the later is found by it, also once the earlier has gone', () => {
  const ring = createEventRing();
  const twin = (number: number) => toEvent(number, '{"messageId":"twin"}');
  ring.add(twin(0));
  ring.add(twin(1));
  for (let number = 2; number < 1_001; number++) ring.add(toEvent(number));
  expect(ring.get('id-0')).toBeUndefined();
  expect(ring.findByMessageId('twin')?.id).toBe('id-1');
});

test('a reader gets what has changed since it read last, and nothing twice', () => {
  const ring = createEventRing();
  ring.add(toEvent(1));
  ring.add(toEvent(2));
  const version = ring.version();
  expect(ring.changedSince(version)).toEqual([]);
  ring.change('id-1', { state: 'delivered' });
  expect(ring.changedSince(version).map(({ id, state }) => [id, state])).toEqual([['id-1', 'delivered']]);
});

test('a replayed event goes on under its first id', () => {
  const ring = createEventRing();
  ring.add(toEvent(1), { state: 'deadLetter' });
  const record = ring.get('id-1');
  if (record) ring.addAlias(record, 'replayed');
  ring.change('replayed', { state: 'delivered' });
  expect(ring.get('id-1')?.state).toBe('delivered');
});

test.each([
  ['{"type":"track","event":"Order","userId":7,"messageId":"m"}', ['track', 'Order', '7', 'm']],
  ['{"type":"group","groupId":"acme","anonymousId":"a"}', ['group', 'acme', 'a', '']],
  ['{"type":"identify","traits":{"a":1,"b":2,"c":3,"d":4,"e":5}}', ['identify', 'a, b, c, +2', '', '']],
  ['[1]', ['', '', '', '']],
  ['{"type":', ['', '', '', '']],
])('%s is listed by type, name, user and messageId', (body, expected) => {
  const ring = createEventRing();
  ring.add(toEvent(1, body));
  const { type, name, user, messageId } = ring.get('id-1')?.fields ?? {};
  expect([type, name, user, messageId]).toEqual(expected);
});
