import { expect, test } from '@jest/globals';
import { describeDeadLetter, toExportRecord } from '../../../lib/dead-letters/describe-dead-letter.ts';
import { createStoredDeadLetter } from '../../support/dead-letter-fixtures.ts';

test('programs are told why an event is a dead letter, and nothing of the event', () => {
  const sender = { route: '/segment', userAgent: 'Segment.io/1.0' };
  const deadLetter = createStoredDeadLetter(7, { sender, replays: 2 });
  expect(describeDeadLetter(deadLetter)).toEqual({
    id: deadLetter.id,
    reason: 'rejected',
    status: 422,
    detail: 'Salesmachine answered 422',
    deadAt: '2026-01-02T00:00:00.000Z',
    acceptedAt: deadLetter.acceptedAt,
    attempts: 1,
    replays: 2,
    sender,
  });
});

test('what is not known is null', () => {
  const unknown = { status: undefined, messageId: undefined, type: undefined, body: '{}' };
  const deadLetter = createStoredDeadLetter(7, unknown);
  const nothing = { status: null, sender: null, messageId: null, type: null };
  expect(toExportRecord(deadLetter)).toMatchObject(nothing);
});

test('an export holds the event, as text or as base64, so that it can be sent again', () => {
  const deadLetter = createStoredDeadLetter(7);
  expect(toExportRecord(deadLetter)).toEqual({
    ...describeDeadLetter(deadLetter),
    messageId: 'm7',
    type: 'track',
    encoding: 'text',
    body: deadLetter.message.body,
  });
  const bytes = createStoredDeadLetter(8, { body: Buffer.from([255, 0]) });
  expect(toExportRecord(bytes)).toMatchObject({ encoding: 'base64', body: '/wA=' });
});
