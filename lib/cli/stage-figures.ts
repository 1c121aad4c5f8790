import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Clock } from '../clock.ts';
import { stackOf } from './connection.ts';

/** What the queues do not tell; null is what could not be found out. */
export type Figures = {
  /** Whether the worker is handed the queue's messages. */
  mappingOn: boolean | null;
  /** Of the oldest message in the main queue. */
  oldestAgeSeconds: number | null;
  /** How many events came into the main queue and left it, delivered or as dead letters, in a period. */
  flow: { period: string; sent: number; done: number } | null;
};

const HOUR_MS = 3_600_000;

/** The SDK's clients are only loaded here: no other command needs them. */
export async function figuresOf(stage: string, region: string | undefined, clock: Clock): Promise<Figures> {
  const [{ LambdaClient }, { CloudWatchClient }] = await Promise.all([
    import('@aws-sdk/client-lambda'),
    import('@aws-sdk/client-cloudwatch'),
  ]);
  const place = region === undefined ? {} : { region };
  return stageFigures(stage, {
    lambda: new LambdaClient(place),
    cloudWatch: new CloudWatchClient(place),
    clock,
  });
}

type Ports = { lambda: Pick<LambdaClient, 'send'>; cloudWatch: Pick<CloudWatchClient, 'send'>; clock: Clock };

/** Each figure by itself: rights for one do not depend on rights for the others. */
export async function stageFigures(stage: string, { lambda, cloudWatch, clock }: Ports): Promise<Figures> {
  const { ListEventSourceMappingsCommand } = await import('@aws-sdk/client-lambda');
  const { GetMetricStatisticsCommand } = await import('@aws-sdk/client-cloudwatch');
  const now = clock.now();

  async function mappingOn(): Promise<boolean | null> {
    const name = `${stackOf(stage)}-worker`;
    const { EventSourceMappings = [] } = await lambda.send(
      new ListEventSourceMappingsCommand({ FunctionName: name }),
    );
    return EventSourceMappings.some(({ State }) => State === 'Enabled');
  }

  /** A metric that SQS itself keeps of the main queue; null if it has none for that time. */
  async function metric(name: string, statistic: 'Sum' | 'Maximum', spanMs: number): Promise<number | null> {
    const { Datapoints = [] } = await cloudWatch.send(
      new GetMetricStatisticsCommand({
        Namespace: 'AWS/SQS',
        MetricName: name,
        Dimensions: [{ Name: 'QueueName', Value: `${stackOf(stage)}-events.fifo` }],
        StartTime: new Date(now - spanMs),
        EndTime: new Date(now),
        Period: spanMs / 1_000,
        Statistics: [statistic],
      }),
    );
    return Datapoints.at(-1)?.[statistic] ?? null;
  }

  const unknown = () => null;
  const [isOn, oldestAgeSeconds, sent, done] = await Promise.all([
    mappingOn().catch(unknown),
    // A minute's metric takes another few to appear.
    metric('ApproximateAgeOfOldestMessage', 'Maximum', 300_000).catch(unknown),
    metric('NumberOfMessagesSent', 'Sum', HOUR_MS).catch(unknown),
    metric('NumberOfMessagesDeleted', 'Sum', HOUR_MS).catch(unknown),
  ]);
  const flow = sent === null || done === null ? null : { period: 'last hour', sent, done };
  return { mappingOn: isOn, oldestAgeSeconds, flow };
}
