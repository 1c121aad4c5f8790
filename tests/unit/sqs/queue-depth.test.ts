import { expect, test } from '@jest/globals';
import { createEmptyCheck, getQueueDepth } from '../../../lib/sqs/queue-depth.ts';
import { sqsClient } from '../../simulation/models/sqs-client.ts';

/** SQS that tells one depth after the other: queued and in flight. */
function sqsWith(...depths: [number, number][]) {
  const asked: object[] = [];
  const sqs = sqsClient(async (command) => {
    asked.push(command.input);
    const [queued, inFlight] = depths.shift() ?? [0, 0];
    return {
      Attributes: {
        ApproximateNumberOfMessages: String(queued),
        ApproximateNumberOfMessagesNotVisible: String(inFlight),
      },
    };
  });
  return { sqs, asked };
}

test("a queue's depth is what is visible and what is in flight", async () => {
  const { sqs, asked } = sqsWith([3, 4]);
  expect(await getQueueDepth(sqs, 'main')).toEqual({ queued: 3, inFlight: 4 });
  expect(asked).toEqual([
    {
      QueueUrl: 'main',
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    },
  ]);
});

test('a queue counts as empty once two looks in a row have found nothing, in flight neither', async () => {
  const { sqs } = sqsWith([0, 0], [0, 1], [0, 0], [0, 0], [0, 0]);
  const check = createEmptyCheck(sqs, 'main');
  const looks = [await check(), await check(), await check(), await check(), await check()];
  expect(looks.map(({ isEmpty }) => isEmpty)).toEqual([false, false, false, true, true]);
  expect(looks.map(({ messages }) => messages)).toEqual([0, 1, 0, 0, 0]);
});
