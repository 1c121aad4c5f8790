import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { Sqs } from '../../lib/sqs/sqs-client.ts';
import { sqsClient } from '../simulation/models/sqs-client.ts';

/** An SQS that takes every message at once and keeps none: what is left to measure is the relay. */
export const nullSqs: Sqs = sqsClient(async (command) =>
  command instanceof SendMessageBatchCommand
    ? { Successful: command.input.Entries?.map(({ Id }) => ({ Id })), Failed: [] }
    : {},
);
