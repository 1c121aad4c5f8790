import type { Message } from '@aws-sdk/client-sqs';
import { expect, test } from '@jest/globals';
import { toSqsRecord } from '../../../lib/local/aws/sqs-record.ts';
import { fromSqsMessage, fromSqsRecord, getAcceptedAt } from '../../../lib/sqs/received-message.ts';

const MESSAGE: Message = {
  MessageId: 'm1',
  ReceiptHandle: 'r1',
  Body: '{"type":"track"}',
  Attributes: { MessageGroupId: 'g1', SentTimestamp: '1767225600000', ApproximateReceiveCount: '3' },
  MessageAttributes: {
    version: { DataType: 'String', StringValue: '1' },
    acceptedAt: { DataType: 'String', StringValue: '2025-12-31T23:59:59.000Z' },
  },
};

test('a message is the same, whether Lambda hands it over or the worker receives it', () => {
  const received = fromSqsMessage(MESSAGE);
  expect(received).toMatchObject({ groupId: 'g1', sentAt: 1_767_225_600_000, receiveCount: 3 });
  expect(fromSqsRecord(toSqsRecord(MESSAGE, 'arn:aws:sqs:eu-west-1:1:main.fifo'))).toEqual(received);
});

test('a message was accepted when the ingest says, or else when SQS took it', () => {
  expect(getAcceptedAt(fromSqsMessage(MESSAGE))).toBe('2025-12-31T23:59:59.000Z');
  expect(getAcceptedAt(fromSqsMessage({ ...MESSAGE, MessageAttributes: {} }))).toBe(
    '2026-01-01T00:00:00.000Z',
  );
});
