import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { LambdaClient } from '@aws-sdk/client-lambda';

/** The stack's name, as serverless.yml has it: the names of its queues and functions begin with it. */
export const stackName = (stage: string): string => `segment-salesmachine-relay-${stage}`;

/** The functions of a stage, as serverless.yml names them. */
export const FUNCTIONS = ['ingest', 'worker', 'replay'] as const;

/** CloudWatch's namespace for the metrics of a stage, as serverless.yml has it. */
export const metricsNamespace = (stage: string): string => `segment-salesmachine-relay/${stage}`;

/** None of what these clients ask for is worth a long wait. */
export const clientOptions = (region: string | undefined, { requestTimeout = 3_000 } = {}) => ({
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1_000, requestTimeout, throwOnRequestTimeout: true },
  ...(region !== undefined && { region }),
});

/** The SDK's client, loaded when it is needed. */
export async function connectLambda(
  region: string | undefined,
  timeouts?: { requestTimeout: number },
): Promise<LambdaClient> {
  const { LambdaClient } = await import('@aws-sdk/client-lambda');
  return new LambdaClient(clientOptions(region, timeouts));
}

/** The SDK's client, loaded when it is needed. */
export async function connectCloudWatch(region: string | undefined): Promise<CloudWatchClient> {
  const { CloudWatchClient } = await import('@aws-sdk/client-cloudwatch');
  return new CloudWatchClient(clientOptions(region));
}
