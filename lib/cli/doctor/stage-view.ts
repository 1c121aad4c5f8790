import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import type { Clock } from '../../runtime/clock.ts';
import { withDeadline } from '../../runtime/deadline.ts';
import { createSqs } from '../../sqs/sqs-client.ts';
import type { LogMessage } from '../../telemetry/log-messages.ts';
import type { CommandContext } from '../command-context.ts';
import { findMissingSecrets, readParameters } from '../secrets/stage-parameters.ts';
import { parameterName } from '../secrets/stage-secrets.ts';
import { fetchStackOutputs } from '../stage/stack.ts';
import { clientOptions, connectCloudWatch, connectLambda, stackName } from '../stage/stage-clients.ts';
import { fetchStageDelivery } from '../stage/stage-delivery.ts';
import { connectLogs, queryLogs } from '../stage/stage-log.ts';
import { pingStage } from '../stage/stage-ping.ts';
import type { StageTarget } from '../stage/stage-target.ts';
import type { StageView } from './stage-checks.ts';

/** An ingest that starts reads its secrets first. */
const HEALTH_TIMEOUT_MS = 10_000;

const PENDING = 'PendingConfirmation';

/** A deployed stage, seen with the operator's rights. */
export async function connectStageView(
  { stage, region }: Pick<StageTarget, 'stage' | 'region'>,
  context: Pick<CommandContext, 'clock'>,
): Promise<StageView> {
  const [lambda, cloudWatch] = await Promise.all([connectLambda(region), connectCloudWatch(region)]);
  // Without credentials no check can look: that is said once.
  await lambda.config.credentials();
  const name = stackName(stage);
  return {
    fetchOutputs: () => fetchStackOutputs(stage, region),
    fetchStatus: (url) => fetchStatus(url, context.clock),
    findMissingSecrets: () => findMissingSecrets(stage, region),
    ping: () => pingStage(stage, region, context),
    fetchDelivery: () => fetchStageDelivery(stage, region, context.clock),

    async fetchIngestSettings() {
      const { GetFunctionConfigurationCommand } = await import('@aws-sdk/client-lambda');
      const { Environment } = await lambda.send(
        new GetFunctionConfigurationCommand({ FunctionName: `${name}-ingest` }),
      );
      return Environment?.Variables ?? {};
    },

    async fetchQueueAttributes(queue) {
      const sqs = createSqs({ region, useQueueUrlAsEndpoint: false });
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `${name}-${queue}.fifo` }));
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
      );
      return Attributes;
    },

    async fetchMappingState() {
      const { ListEventSourceMappingsCommand } = await import('@aws-sdk/client-lambda');
      const { EventSourceMappings = [] } = await lambda.send(
        new ListEventSourceMappingsCommand({ FunctionName: `${name}-worker` }),
      );
      return EventSourceMappings[0]?.State;
    },

    async fetchAlarms() {
      const { DescribeAlarmsCommand } = await import('@aws-sdk/client-cloudwatch');
      const { MetricAlarms = [] } = await cloudWatch.send(
        new DescribeAlarmsCommand({ AlarmNamePrefix: `${name}-`, AlarmTypes: ['MetricAlarm'] }),
      );
      return MetricAlarms.map(({ AlarmName = '', StateValue, AlarmActions = [] }) => ({
        name: AlarmName.slice(name.length + 1),
        isRinging: StateValue === 'ALARM',
        actions: AlarmActions,
      }));
    },

    async fetchReceivers(TopicArn) {
      const { ListSubscriptionsByTopicCommand, SNSClient } = await import('@aws-sdk/client-sns');
      const sns = new SNSClient(clientOptions(region));
      const { Subscriptions = [] } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
      const pending = Subscriptions.filter(({ SubscriptionArn }) => SubscriptionArn === PENDING).length;
      return { pending, confirmed: Subscriptions.length - pending };
    },

    async readCredentials() {
      const names = [
        parameterName(stage, 'SEGMENT_SHARED_SECRETS'),
        parameterName(stage, 'INGEST_TOKENS'),
      ] as const;
      const values = await readParameters(names, region);
      return { secret: takeFirst(values[names[0]]), token: takeFirst(values[names[1]]) };
    },

    async isDelivered(messageId, since) {
      const logs = await connectLogs(region);
      const query = `filter message = "${DELIVERED}" and outcome = "delivered" and @message like "${messageId}" | limit 1`;
      const selection = { functions: ['worker'], query, from: since, to: context.clock.now() } as const;
      const rows = await queryLogs(stage, selection, logs, context.clock).finally(() => logs.destroy());
      return rows.length > 0;
    },
  };
}

const DELIVERED = 'request completed' satisfies LogMessage;

const takeFirst = (list: string | undefined): string | undefined => list?.split(',')[0]?.trim() || undefined;

const fetchStatus = (url: string, clock: Clock): Promise<number | string> =>
  withDeadline(clock, HEALTH_TIMEOUT_MS, async (signal) => {
    try {
      return (await fetch(url, { signal })).status;
    } catch (error) {
      if (signal.aborted) return `nothing within ${HEALTH_TIMEOUT_MS / 1_000} s`;
      const cause = error instanceof Error ? error.cause : undefined;
      return cause instanceof Error && 'code' in cause ? String(cause.code) : 'nothing';
    }
  });
