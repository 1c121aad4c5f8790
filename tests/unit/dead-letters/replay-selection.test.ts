import { expect, test } from '@jest/globals';
import { toReplayMessage } from '../../../lib/dead-letters/replay-message.ts';
import { createSelection } from '../../../lib/dead-letters/replay-selection.ts';
import { parseDeadLetter } from '../../../lib/dead-letters/stored-dead-letter.ts';
import { MAX_MESSAGE_BYTES, messageBytes } from '../../../lib/sqs/sqs-limits.ts';
import { DEAD_LETTERED_AT } from '../../support/dead-letter-fixtures.ts';

/** One that SQS itself moved to the dead letters: its attributes leave the event more room than a replay does. */
const createRedriven = (bytes: number) =>
  parseDeadLetter({
    sqsMessageId: '1',
    receiptHandle: '1',
    sentAt: DEAD_LETTERED_AT,
    receiveCount: 1_001,
    body: 'x'.repeat(bytes),
    groupId: 'user',
    attributes: {},
    wasRedriven: true,
  });

test.each([
  ['is replayed if that is as large as SQS takes', 0, 0],
  ['is left if that would be a byte larger', 1, 1],
])('a dead letter %s', (_, above, skipped) => {
  const overhead = messageBytes(toReplayMessage(createRedriven(1))) - 1;
  const selection = createSelection({});
  const deadLetter = createRedriven(MAX_MESSAGE_BYTES - overhead + above);
  expect(selection.select(deadLetter)).toBe(skipped === 0);
  expect(selection.counts()).toMatchObject({ matched: 1, skipped: { not_replayable: skipped } });
});
