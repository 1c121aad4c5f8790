import { expect, test } from '@jest/globals';
import { checkQueueAttributes, type QueueAttributes } from '../../../../lib/cli/doctor/queue-attributes.ts';

const deadLetters: QueueAttributes = {
  FifoQueue: 'true',
  MessageRetentionPeriod: '1209600',
  MaximumMessageSize: '1048576',
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId',
  SqsManagedSseEnabled: 'true',
};

const events: QueueAttributes = {
  ...deadLetters,
  VisibilityTimeout: '540',
  RedrivePolicy:
    '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:0:relay-prod-dead-letters.fifo","maxReceiveCount":1000}',
};

test('queues as they are deployed are good', () => {
  expect(checkQueueAttributes('events', events)).toEqual({ level: 'good', text: 'as deployed' });
  expect(checkQueueAttributes('dead-letters', deadLetters)).toEqual({ level: 'good', text: 'as deployed' });
  const ownKey = { ...deadLetters, SqsManagedSseEnabled: 'false', KmsMasterKeyId: 'alias/own' };
  expect(checkQueueAttributes('dead-letters', ownKey).level).toBe('good');
});

test.each<[string, QueueAttributes, RegExp]>([
  [
    'comes back before the worker has ended',
    { VisibilityTimeout: '539' },
    /539 s: events are delivered twice/,
  ],
  ['gives its messages up too soon', { RedrivePolicy: '{"maxReceiveCount":100}' }, /RedrivePolicy is .*100/],
  [
    'gives its messages up after ten times as many receives',
    { RedrivePolicy: String(events['RedrivePolicy']).replace('1000', '10000') },
    /RedrivePolicy is .*10000/,
  ],
  [
    'keeps its messages for a day',
    { MessageRetentionPeriod: '86400' },
    /86400: events are lost before 14 days/,
  ],
  ['keeps no order', { FifoQueue: 'false' }, /FifoQueue is false: the order of events is lost/],
  ['is not encrypted', { SqsManagedSseEnabled: 'false' }, /it is not encrypted/],
])('a queue that %s is found', (_, change, text) => {
  expect(checkQueueAttributes('events', { ...events, ...change })).toEqual({
    level: 'bad',
    text: expect.stringMatching(text),
  });
});
