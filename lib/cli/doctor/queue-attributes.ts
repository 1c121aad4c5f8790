import { bad, type Finding, good } from './check.ts';

/** The attributes of a queue, as `GetQueueAttributes` names them. */
export type QueueAttributes = Readonly<Record<string, string>>;

export type QueueName = 'events' | 'dead-letters';

/** What both queues must have, as in lib/infrastructure/queues.yml, and what goes wrong otherwise. */
const shared: readonly [name: string, value: string, why: string][] = [
  ['FifoQueue', 'true', 'the order of events is lost'],
  ['MessageRetentionPeriod', '1209600', 'events are lost before 14 days'],
  ['MaximumMessageSize', '1048576', 'large events are refused'],
  ['DeduplicationScope', 'messageGroup', 'throughput is low'],
  ['FifoThroughputLimit', 'perMessageGroupId', 'throughput is low'],
];

const MIN_VISIBILITY_SECONDS = 540;
const MAX_RECEIVES = 1_000;

/** Whether a queue is as it was deployed. */
export function checkQueueAttributes(queue: QueueName, attributes: QueueAttributes): Finding {
  const problems = [
    ...shared
      .filter(([name, value]) => attributes[name] !== value)
      .map(([name, , why]) => `${name} is ${attributes[name] ?? 'not set'}: ${why}`),
    ...(queue === 'events' ? findEventQueueProblems(attributes) : []),
    ...(attributes['SqsManagedSseEnabled'] === 'true' || attributes['KmsMasterKeyId']
      ? []
      : ['it is not encrypted']),
  ];
  return problems.length === 0 ? good('as deployed') : bad(`${problems.join('; ')}. Deploy the stage again`);
}

function findEventQueueProblems(attributes: QueueAttributes): string[] {
  const visibility = Number(attributes['VisibilityTimeout']);
  const redrive = attributes['RedrivePolicy'] ?? '';
  return [
    ...(visibility >= MIN_VISIBILITY_SECONDS
      ? []
      : [`VisibilityTimeout is ${visibility} s: events are delivered twice`]),
    ...(redrive.includes('-dead-letters.fifo') &&
    new RegExp(`maxReceiveCount"?:"?${MAX_RECEIVES}\\b`).test(redrive)
      ? []
      : [
          `RedrivePolicy is ${redrive || 'not set'}: good events become dead letters, or what crashes the worker never does`,
        ]),
  ];
}
