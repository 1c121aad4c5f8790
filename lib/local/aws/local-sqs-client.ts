import type { SQSClient } from '@aws-sdk/client-sqs';
import { createSqs } from '../../sqs/sqs-client.ts';

/**
 * A client of an SQS on this machine. A process that stalls, because the machine sleeps or is busy, must not take
 * answers for lost: what a receive took that was given up would be invisible for minutes.
 */
export const connectToLocalSqs = (endpoint: string): SQSClient =>
  createSqs({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: { connectionTimeout: 60_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
  });
