import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';

/** All that the relay asks of the SDK's client, so that a simulation can stand in its place. */
export type Sqs = Pick<SQSClient, 'send'>;

/**
 * An SQS client that gives up in time: without `throwOnRequestTimeout` the SDK would only log. Bodies are not hashed
 * once more to see whether they came as they were sent: TLS sees to that.
 */
export function createSqs(overrides: SQSClientConfig = {}): SQSClient {
  return new SQSClient({
    md5: false,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
    ...overrides,
  });
}
