import type { Command } from 'commander';
import * as v from 'valibot';
import { localStatus } from '../../local/api-schema.ts';
import { depthOf } from '../../sqs/queue-depth.ts';
import { printJson, printLine, type Terminal } from '../command-context.ts';
import { type Connection, type Place, withConnection, withPlace } from '../connection.ts';
import { listLetters } from '../dlq/dlq-list.ts';
import { positiveNumber } from '../options.ts';
import { durationText } from '../progress.ts';
import { askRelay } from '../request-local-relay.ts';
import { connectFigures, type Figures, stageFigures } from '../stage-metrics.ts';

const help = `
Figures that nobody can be asked for, for want of rights for example, are "unknown". With --stage, the age and the last
hour come from CloudWatch, and the worker's trigger from Lambda.

The exit code is 1 if the worker is off, or if --wait was in vain.

Examples:
  $ relay status
  $ relay status --stage prod --json
  $ relay status --wait 60 && relay dlq list
`;

export function defineStatus(relay: Command, terminal: Terminal): void {
  withPlace(relay.command('status'))
    .description('the queue, the dead letters by reason, and whether the worker is on')
    .option('--wait <seconds>', 'first wait until the main queue is empty, at most so long', positiveNumber)
    .option('--json', 'for programs: one JSON object')
    .addHelpText('after', help)
    .action((options: StatusOptions) =>
      withConnection(options, terminal, async (connection) => {
        const isDrained =
          options.wait === undefined || (await untilDrained(options.wait, connection, terminal));
        const status = await statusOf(options, connection, terminal);
        if (!isDrained || status.mappingOn === false) terminal.fail();
        if (options.json) return printJson(terminal, status);
        for (const line of textOf(status, connection)) await printLine(terminal, line);
      }),
    );
}

type StatusOptions = Place & { wait?: number; json?: true };

type Status = Figures & {
  queued: number;
  inFlight: number;
  deadLetters: number;
  /** Of those that could be read now. */
  deadLettersByReason: Record<string, number>;
};

const POLL_MS = 500;

/** Whether the main queue was empty, twice in a row (SQS's counts are approximate), within so many seconds. */
async function untilDrained(
  seconds: number,
  { sqs, queueUrl }: Connection,
  { clock, interruption }: Terminal,
): Promise<boolean> {
  const signal = interruption();
  const until = clock.now() + seconds * 1_000;
  let emptyLooks = 0;
  while (emptyLooks < 2 && clock.now() < until && !signal.aborted) {
    const { queued, inFlight } = await depthOf(sqs, queueUrl);
    emptyLooks = queued + inFlight === 0 ? emptyLooks + 1 : 0;
    await clock.sleep(POLL_MS, signal).catch(() => undefined);
  }
  return emptyLooks >= 2;
}

async function statusOf(place: Place, connection: Connection, terminal: Terminal): Promise<Status> {
  const [depth, figures, { matched, unread, causes }] = await Promise.all([
    depthOf(connection.sqs, connection.queueUrl),
    figuresOf(place, terminal),
    listLetters({}, connection, terminal),
  ]);
  const byReason = Map.groupBy(causes, ({ reason }) => reason);
  return {
    ...depth,
    ...figures,
    deadLetters: matched + unread,
    deadLettersByReason: Object.fromEntries(
      [...byReason].map(([reason, some]) => [reason, some.reduce((sum, { count }) => sum + count, 0)]),
    ),
  };
}

const figuresOf = ({ stage, region }: Place, terminal: Terminal): Promise<Figures> =>
  stage === undefined
    ? localFigures(terminal)
    : stageFigures(stage, terminal.clock, () => connectFigures(region));

const localState = v.object({ accepted: v.number(), delivered: v.number() });

async function localFigures({ env }: Terminal): Promise<Figures> {
  const [{ mappingOn, oldestAgeSeconds }, { accepted, delivered }] = await Promise.all([
    askRelay(env, 'GET /local/status', localStatus),
    askRelay(env, 'GET /local/state', localState),
  ]);
  const flow = { period: 'since start', sent: accepted, done: delivered };
  return { mappingOn, oldestAgeSeconds, flow };
}

function textOf(status: Status, { title }: Connection): string[] {
  const { mappingOn, queued, inFlight, oldestAgeSeconds, flow, deadLetters, deadLettersByReason } = status;
  const unread = Object.values(deadLettersByReason).reduce((rest, count) => rest - count, deadLetters);
  const number = (value: number) => value.toLocaleString('en');
  const worker = { true: 'on', false: 'OFF: nothing is delivered', null: 'unknown' }[`${mappingOn}`];
  const age = oldestAgeSeconds === null ? '' : `, the oldest for ${durationText(oldestAgeSeconds)}`;
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
