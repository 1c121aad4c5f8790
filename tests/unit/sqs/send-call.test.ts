import { expect, test } from '@jest/globals';
import { sendCall } from '../../../lib/sqs/send-call.ts';
import { sqsClient } from '../../simulation/models/sqs-client.ts';

const message = { body: '{}', groupId: 'g', deduplicationId: 'd', attributes: {} };

/** What comes of a message that SQS does not take, for the sender's fault as it says. */
const sendFaulty = (Code: string) => {
  const sqs = sqsClient(async () => ({ Failed: [{ Id: '0', SenderFault: true, Code }] }));
  return sendCall({ sqs, queueUrl: 'queue' }, [message], AbortSignal.any([]));
};

test.each(['InvalidMessageContents', 'InvalidParameterValue', 'InvalidAttributeValue'])(
  'a message that SQS does not take for %s is refused for good',
  async (code) => {
    expect(await sendFaulty(code)).toEqual({ confirmed: [], refused: [[message, code]], error: undefined });
  },
);

test.each([
  'RequestThrottled',
  'OverLimit',
  'AccessDenied',
  'KMS.DisabledException',
  'KMS.ThrottlingException',
  'InvalidSecurity',
  'SignatureDoesNotMatch',
  'InvalidClientTokenId',
  'AWS.SimpleQueueService.NonExistentQueue',
])('a message that SQS does not take for %s is not at fault, and may be sent again', async (code) => {
  expect(await sendFaulty(code)).toEqual({ confirmed: [], refused: [], error: code });
});
