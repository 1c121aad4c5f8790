import type { Environment } from '../../config/config.ts';
import type { DeliveryStatus } from '../../local/api-schema.ts';
import { diagnosePing, hasPassed, type Ping } from '../diagnose-ping.ts';
import { findLackingSecrets, type SecretName } from '../secrets/stage-secrets.ts';
import { bad, type Check, type Finding, good, warning } from './check.ts';
import { createDeliveryCheck } from './delivery-check.ts';
import { checkQueueAttributes, type QueueAttributes, type QueueName } from './queue-attributes.ts';

export type AlarmState = { name: string; isRinging: boolean; actions: string[] };

/** What a stage's checks look at; each may throw what AWS answers. */
export type StageView = {
  /** The stack's outputs; undefined where there is no stack. */
  fetchOutputs(): Promise<Record<string, string> | undefined>;
  /** The status that the URL answers; else the network's error code, or that there is no answer. */
  fetchStatus(url: string): Promise<number | string>;
  findMissingSecrets(): Promise<SecretName[]>;
  /** The environment variables of the ingest. */
  fetchIngestSettings(): Promise<Environment>;
  fetchQueueAttributes(queue: QueueName): Promise<QueueAttributes>;
  /** Of the worker's event source mapping; undefined where it has none. */
  fetchMappingState(): Promise<string | undefined>;
  fetchAlarms(): Promise<AlarmState[]>;
  /** How many receivers of a topic there are, and how many have not confirmed yet. */
  fetchReceivers(topicArn: string): Promise<{ confirmed: number; pending: number }>;
  ping(): Promise<Ping>;
  /** What holds delivery, if anything does; null if it cannot be found out. */
  fetchDelivery(): Promise<DeliveryStatus | null>;
  /** The first of each kind of credential that the ingest accepts. */
  readCredentials(): Promise<{ secret: string | undefined; token: string | undefined }>;
  /** Whether the worker has logged, since then, that the event with this messageId is delivered. */
  isDelivered(messageId: string, since: number): Promise<boolean>;
};

/** What has to hold of a deployed stage, in the order in which its parts depend on each other. */
export function createStageChecks(
  view: StageView,
  { stage, region }: { stage: string; region: string },
): Check[] {
  const target = `--stage ${stage} --region ${region}`;
  return [
    {
      name: 'ingest',
      run: async () => {
        const outputs = await view.fetchOutputs();
        if (outputs === undefined) return bad(`there is no stack in ${region}: npm run deploy -- ${target}`);
        const webhook = outputs['WebhookUrl'];
        if (webhook === undefined) return bad('the stack has no WebhookUrl: deploy the stage again');
        const health = new URL('/health', webhook).href;
        const status = await view.fetchStatus(health);
        return status === 200
          ? good(`${webhook} answers`)
          : bad(`${health} answers ${status}: npm run relay -- logs ${target}`);
      },
    },
    {
      name: 'secrets',
      run: async () => {
        const [missing, settings] = await Promise.all([
          view.findMissingSecrets(),
          view.fetchIngestSettings(),
        ]);
        const lacking = findLackingSecrets(settings, missing);
        if (lacking !== undefined)
          return bad(`SSM has no ${lacking}: npm run relay -- secrets put ${target}`);
        return settings['INGEST_OPEN'] === 'true'
          ? warning('INGEST_OPEN: anyone can send events')
          : good('all are in SSM');
      },
    },
    queueCheck(view, 'events'),
    queueCheck(view, 'dead-letters'),
    {
      name: 'worker',
      run: async () => {
        const state = await view.fetchMappingState();
        if (state === 'Enabled') return good('its event source mapping is enabled');
        return bad(
          state === undefined
            ? 'it has no event source mapping, so that nothing is delivered: deploy the stage again'
            : `its event source mapping is ${state}: nothing is delivered. Enable it in Lambda: docs/operations.md says how`,
        );
      },
    },
    {
      name: 'Salesmachine',
      run: async () => {
        const ping = await view.ping();
        if (hasPassed(ping)) return good('the credential is good');
        const { problem, advice } = diagnosePing(ping);
        return bad(`${problem}: ${advice}`);
      },
    },
    createDeliveryCheck(view.fetchDelivery),
    { name: 'alarms', run: async () => checkAlarms(await view.fetchAlarms(), view) },
  ];
}

const queueCheck = (view: StageView, queue: QueueName): Check => ({
  name: `queue ${queue}`,
  run: async () => checkQueueAttributes(queue, await view.fetchQueueAttributes(queue)),
});

async function checkAlarms(alarms: readonly AlarmState[], view: StageView): Promise<Finding> {
  if (alarms.length === 0) return bad('there are none: deploy the stage again');
  const ringing = alarms.filter(({ isRinging }) => isRinging).map(({ name }) => name);
  if (ringing.length > 0) return bad(`in alarm now: ${ringing.join(', ')}`);
  const topics = [...new Set(alarms.flatMap(({ actions }) => actions))];
  if (topics.length === 0)
    return warning("they notify no one: set alarmEmail or alarmTopicArn in the stage's file");
  const receivers = await Promise.all(topics.map(view.fetchReceivers));
  const total = (count: 'confirmed' | 'pending') => receivers.reduce((sum, each) => sum + each[count], 0);
  if (total('pending') > 0)
    return bad("an address has not confirmed AWS's first e-mail: until then it gets no alarm");
  return total('confirmed') > 0
    ? good(`${alarms.length}, their topic has a confirmed subscription`)
    : warning('their topic has no subscription');
}
