import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Clock } from '../runtime/clock.ts';
import { connectCloudWatch, connectLambda, stackName } from './stage-clients.ts';

/** What the queues do not tell; null is what could not be found out. */
export type QueueMetrics = {
  /** Whether the worker is handed the queue's messages. */
  mappingOn: boolean | null;
  /** Of the oldest message in the main queue. */
  oldestAgeSeconds: number | null;
  /** How many events came into the main queue in a period, and how many left it. */
  flow: { period: string; sent: number; done: number } | null;
};

type Clients = { lambda: Pick<LambdaClient, 'send'>; cloudWatch: Pick<CloudWatchClient, 'send'> };

const MINUTE_MS = 60_000;

/** What Lambda and CloudWatch tell of a deployment: each by itself, for the rights to them are different ones. */
export async function fetchStageMetrics(
  stage: string,
  clock: Clock,
  connect: () => Promise<Clients>,
): Promise<QueueMetrics> {
  const [{ ListEventSourceMappingsCommand }, { GetMetricStatisticsCommand }, { lambda, cloudWatch }] =
    await Promise.all([import('@aws-sdk/client-lambda'), import('@aws-sdk/client-cloudwatch'), connect()]);

  async function isWorkerEnabled(): Promise<boolean> {
    const command = new ListEventSourceMappingsCommand({ FunctionName: `${stackName(stage)}-worker` });
    const { EventSourceMappings = [] } = await lambda.send(command);
    return EventSourceMappings.some(({ State }) => State === 'Enabled');
  }

  /** A metric that SQS itself keeps of the main queue; null if it has none for the last minutes. */
  async function getMetric(
    name: string,
    statistic: 'Sum' | 'Maximum',
    minutes: number,
  ): Promise<number | null> {
    const command = new GetMetricStatisticsCommand({
      Namespace: 'AWS/SQS',
      MetricName: name,
      Dimensions: [{ Name: 'QueueName', Value: `${stackName(stage)}-events.fifo` }],
      StartTime: new Date(clock.now() - minutes * MINUTE_MS),
      EndTime: new Date(clock.now()),
      Period: minutes * 60,
      Statistics: [statistic],
    });
    const { Datapoints = [] } = await cloudWatch.send(command);
    return Datapoints[0]?.[statistic] ?? null;
  }

  const unknown = () => null;
  const [workerEnabled, oldestAgeSeconds, sent, done] = await Promise.all([
    isWorkerEnabled().catch(unknown),
    // The metric of a minute takes some more to appear.
    getMetric('ApproximateAgeOfOldestMessage', 'Maximum', 5).catch(unknown),
    getMetric('NumberOfMessagesSent', 'Sum', 60).catch(unknown),
    getMetric('NumberOfMessagesDeleted', 'Sum', 60).catch(unknown),
  ]);
  const flow = sent === null || done === null ? null : { period: 'last hour', sent, done };
  return { mappingOn: workerEnabled, oldestAgeSeconds, flow };
}

/** Only `relay status --stage` needs these. */
export async function connectMetricsClients(region: string | undefined): Promise<Clients> {
  const [lambda, cloudWatch] = await Promise.all([connectLambda(region), connectCloudWatch(region)]);
  return { lambda, cloudWatch };
}
