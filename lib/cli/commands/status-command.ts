import type { Command } from 'commander';
import * as v from 'valibot';
import { localStatusSchema } from '../../local/api-schema.ts';
import { createEmptyCheck, getQueueDepth } from '../../sqs/queue-depth.ts';
import { type CommandContext, printJson, printLine } from '../command-context.ts';
import { type Connection, type TargetOptions, withConnection, withTargetOptions } from '../connection.ts';
import { listDeadLetters } from '../dlq/dlq-list.ts';
import { positiveNumber } from '../options.ts';
import { formatDuration } from '../progress.ts';
import { requestLocalRelay } from '../request-local-relay.ts';
import { connectMetricsClients, fetchStageMetrics, type QueueMetrics } from '../stage-metrics.ts';

const help = `
Figures that nobody can be asked for, for want of rights for example, are "unknown". With --stage, the age and the last
hour come from CloudWatch, and the worker's trigger from Lambda.

The exit code is 1 if the worker is off, or if --wait was in vain.

Examples:
  $ relay status
  $ relay status --stage prod --json
  $ relay status --wait 60 && relay dlq list
`;

export function defineStatus(relay: Command, context: CommandContext): void {
  withTargetOptions(relay.command('status'))
    .description('the queue, the dead letters by reason, and whether the worker is on')
    .option('--wait <seconds>', 'first wait until the main queue is empty, at most so long', positiveNumber)
    .option('--json', 'for programs: one JSON object')
    .addHelpText('after', help)
    .action((options: StatusOptions) =>
      withConnection(options, context, async (connection) => {
        const isDrained =
          options.wait === undefined || (await waitUntilDrained(options.wait, connection, context));
        const status = await fetchStatus(options, connection, context);
        if (!isDrained || status.mappingOn === false) context.setFailed();
        if (options.json) return printJson(context, status);
        for (const line of formatStatus(status, connection)) await printLine(context, line);
      }),
    );
}

type StatusOptions = TargetOptions & { wait?: number; json?: true };

type Status = QueueMetrics & {
  queued: number;
  inFlight: number;
  deadLetters: number;
  /** Of those that could be read now. */
  deadLettersByReason: Record<string, number>;
};

const POLL_MS = 500;

/** Whether the main queue was empty within so many seconds. */
async function waitUntilDrained(
  seconds: number,
  { sqs, queueUrl }: Connection,
  { clock, interruptSignal }: CommandContext,
): Promise<boolean> {
  const signal = interruptSignal();
  const deadline = clock.now() + seconds * 1_000;
  const poll = createEmptyCheck(sqs, queueUrl);
  while (clock.now() < deadline && !signal.aborted) {
    if ((await poll()).isEmpty) return true;
    await clock.sleep(POLL_MS, signal).catch(() => undefined);
  }
  return false;
}

async function fetchStatus(
  target: TargetOptions,
  connection: Connection,
  context: CommandContext,
): Promise<Status> {
  const [depth, metrics, { matched, unread, causes }] = await Promise.all([
    getQueueDepth(connection.sqs, connection.queueUrl),
    fetchMetrics(target, context),
    listDeadLetters({}, connection, context),
  ]);
  const byReason = Map.groupBy(causes, ({ reason }) => reason);
  return {
    ...depth,
    ...metrics,
    deadLetters: matched + unread,
    deadLettersByReason: Object.fromEntries(
      [...byReason].map(([reason, sameReason]) => [
        reason,
        sameReason.reduce((sum, { count }) => sum + count, 0),
      ]),
    ),
  };
}

const fetchMetrics = ({ stage, region }: TargetOptions, context: CommandContext): Promise<QueueMetrics> =>
  stage === undefined
    ? fetchLocalMetrics(context)
    : fetchStageMetrics(stage, context.clock, () => connectMetricsClients(region));

const localStateSchema = v.object({ accepted: v.number(), delivered: v.number() });

async function fetchLocalMetrics({ env }: CommandContext): Promise<QueueMetrics> {
  const [{ mappingOn, oldestAgeSeconds }, { accepted, delivered }] = await Promise.all([
    requestLocalRelay(env, 'GET /local/status', localStatusSchema),
    requestLocalRelay(env, 'GET /local/state', localStateSchema),
  ]);
  const flow = { period: 'since start', sent: accepted, done: delivered };
  return { mappingOn, oldestAgeSeconds, flow };
}

function formatStatus(status: Status, { title }: Connection): string[] {
  const { mappingOn, queued, inFlight, oldestAgeSeconds, flow, deadLetters, deadLettersByReason } = status;
  const unread = Object.values(deadLettersByReason).reduce((rest, count) => rest - count, deadLetters);
  const number = (value: number) => value.toLocaleString('en');
  const worker = { true: 'on', false: 'OFF: nothing is delivered', null: 'unknown' }[`${mappingOn}`];
  const age = oldestAgeSeconds === null ? '' : `, the oldest for ${formatDuration(oldestAgeSeconds)}`;
  return [
    `${title[0]?.toUpperCase()}${title.slice(1)}`,
    `  worker        ${worker}`,
    `  main queue    ${number(queued)} waiting, ${number(inFlight)} in flight${age}`,
    flow === null
      ? '  last hour     unknown'
      : `  ${flow.period.padEnd(13)} ${number(flow.sent)} events came in, ${number(flow.done)} went out`,
    `  dead letters  ${deadLetters === 0 ? 'none' : `${number(deadLetters)}: see relay dlq list`}`,
    ...Object.entries(deadLettersByReason).map(([reason, count]) => `    ${number(count)} ${reason}`),
    ...(unread > 0 ? [`    ${number(unread)} could not be read now: in other hands, or behind these`] : []),
  ];
}
