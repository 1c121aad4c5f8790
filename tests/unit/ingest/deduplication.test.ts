import { expect, test } from '@jest/globals';
import type { JsonObject } from '../../../lib/runtime/json.ts';
import { post } from '../../support/handle-request.ts';

test('two like events of one second, without a messageId, are two, and precise ones sent again are the same', async () => {
  const same = { type: 'track', userId: 'u9', event: 'Add To Cart', timestamp: '2026-03-04T05:06:07Z' };
  const precise = { ...same, timestamp: '2026-03-04T05:06:07.891Z' };
  const ids = async (events: JsonObject[]) =>
    (await post(events)).sqs.sends.flat().map(({ MessageDeduplicationId }) => MessageDeduplicationId);
  expect(new Set(await ids([same, same])).size).toBe(2);
  expect(new Set(await ids([precise, precise])).size).toBe(2);
  expect(await ids([precise, precise])).toEqual(await ids([precise, precise]));
});

test('an event that comes twice in one request without anything to know it by is queued twice', async () => {
  const same = { type: 'track', userId: 'u1', event: 'Clicked' };
  const { sqs } = await post([same, same]);
  const ids = sqs.sends.flat().map(({ MessageDeduplicationId }) => MessageDeduplicationId);
  expect(new Set(ids).size).toBe(2);
});

test.each(['', '  ', 'undefined', 'null', '[object Object]', 0, '0', true, {}, []])(
  'two like events whose messageId is %j, which is none, are two',
  async (messageId) => {
    const same = { type: 'track', userId: 'u9', event: 'Add To Cart', messageId };
    const { sqs } = await post([same, same]);
    const ids = sqs.sends.flat().map(({ MessageDeduplicationId }) => MessageDeduplicationId);
    expect(new Set(ids).size).toBe(2);
  },
);

test('two like events with one messageId are the same', async () => {
  const same = { type: 'track', userId: 'u9', event: 'Add To Cart', messageId: 7 };
  const { sqs } = await post([same, same]);
  const ids = sqs.sends.flat().map(({ MessageDeduplicationId }) => MessageDeduplicationId);
  expect(new Set(ids).size).toBe(1);
});
