import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Clock } from '../../runtime/clock.ts';
import { connectCloudWatch, connectLambda, metricsNamespace, stackName } from './stage-clients.ts';

/** What SQS's own counts do not say; null is what could not be found out. */
export type QueueMetrics = {
  /** Whether the worker receives the queue's messages. */
  mappingOn: boolean | null;
  /** Of the oldest message in the main queue. */
  oldestAgeSeconds: number | null;
  /** How many events came into the main queue in a period, and how many left it. */
  flow: { period: string; sent: number; done: number } | null;
};

type MetricsClient = Pick<CloudWatchClient, 'send'>;

type Clients = { lambda: Pick<LambdaClient, 'send'>; cloudWatch: MetricsClient };

const MINUTE_MS = 60_000;

type Metric = {
  namespace: string;
  name: string;
  dimension?: { Name: string; Value: string };
  statistic: 'Sum' | 'Maximum';
};

/** One value of a metric for the last minutes; null if CloudWatch has none. */
export async function fetchMetric(
  { namespace, name, dimension, statistic }: Metric,
  minutes: number,
  { cloudWatch, clock }: { cloudWatch: MetricsClient; clock: Pick<Clock, 'now'> },
): Promise<number | null> {
  const { GetMetricStatisticsCommand } = await import('@aws-sdk/client-cloudwatch');
  const command = new GetMetricStatisticsCommand({
    Namespace: namespace,
    MetricName: name,
    Dimensions: dimension ? [dimension] : [],
    StartTime: new Date(clock.now() - minutes * MINUTE_MS),
    EndTime: new Date(clock.now()),
    Period: minutes * 60,
    Statistics: [statistic],
  });
  const { Datapoints = [] } = await cloudWatch.send(command);
  return Datapoints[0]?.[statistic] ?? null;
}

const CHANGING_STATES = ['Creating', 'Enabling', 'Updating', 'Disabling'] as const;

/** From Lambda and CloudWatch: each on its own, because the rights to them differ. */
export async function fetchStageMetrics(
  stage: string,
  clock: Clock,
  connect: () => Promise<Clients>,
): Promise<QueueMetrics> {
  const [{ ListEventSourceMappingsCommand }, { lambda, cloudWatch }] = await Promise.all([
    import('@aws-sdk/client-lambda'),
    connect(),
  ]);

  /** Null while the mapping changes, as in a deployment: it may invoke the worker or not. */
  async function isWorkerEnabled(): Promise<boolean | null> {
    const command = new ListEventSourceMappingsCommand({ FunctionName: `${stackName(stage)}-worker` });
    const { EventSourceMappings = [] } = await lambda.send(command);
    const states = EventSourceMappings.map(({ State }) => State);
    if (states.includes('Enabled')) return true;
    return states.some((state) => CHANGING_STATES.some((changing) => changing === state)) ? null : false;
  }

  /** A metric that SQS itself keeps of the main queue. */
  const fetchQueueMetric = (name: string, statistic: Metric['statistic'], minutes: number) => {
    const dimension = { Name: 'QueueName', Value: `${stackName(stage)}-events.fifo` };
    const metric = { namespace: 'AWS/SQS', name, dimension, statistic };
    return fetchMetric(metric, minutes, { cloudWatch, clock }).catch(() => null);
  };

  /** SQS's metric forgets a message after its third receive, so that in an outage only the worker's knows. */
  async function fetchOldestAge(): Promise<number | null> {
    const metric = {
      namespace: metricsNamespace(stage),
      name: 'OldestUndeliveredAge',
      statistic: 'Maximum',
    } as const;
    const [seconds, ms] = await Promise.all([
      // A metric takes some minutes to appear.
      fetchQueueMetric('ApproximateAgeOfOldestMessage', 'Maximum', 5),
      fetchMetric(metric, 5, { cloudWatch, clock }).catch(() => null),
    ]);
    if (seconds === null && ms === null) return null;
    return Math.max(seconds ?? 0, Math.round((ms ?? 0) / 1_000));
  }

  const [mappingOn, oldestAgeSeconds, sent, done] = await Promise.all([
    isWorkerEnabled().catch(() => null),
    fetchOldestAge(),
    fetchQueueMetric('NumberOfMessagesSent', 'Sum', 60),
    fetchQueueMetric('NumberOfMessagesDeleted', 'Sum', 60),
  ]);
  const flow = sent === null || done === null ? null : { period: 'last hour', sent, done };
  return { mappingOn, oldestAgeSeconds, flow };
}

/** Only `relay status --stage` needs these. */
export async function connectMetricsClients(region: string | undefined): Promise<Clients> {
  const [lambda, cloudWatch] = await Promise.all([connectLambda(region), connectCloudWatch(region)]);
  return { lambda, cloudWatch };
}
