import type { Command } from 'commander';
import { readSalesmachineSettings } from '../../config/config.ts';
import { CommandError } from '../cli-errors.ts';
import { type CommandContext, printJson, printLine } from '../command-context.ts';
import { confirm } from '../confirm.ts';
import { type TargetOptions, withTargetOptions } from '../connection.ts';
import { pluralize } from '../format-text.ts';
import { fetchSalesmachineSettings } from '../stage/stage-ping.ts';
import { createProbeClient, MAX_REQUESTS, type ProbeClient, ProbeStoppedError } from './probe-client.ts';
import { type Finding, probes } from './probes.ts';

const help = `
Asks a live Salesmachine account what its documentation does not say: which alias call it knows, whether it sends rate
headers on a success, how many items and bytes a batch may have, what one bad item does to its batch, and whether an
unknown method is refused. It takes at most ${MAX_REQUESTS} requests of the quota, two a second, and creates up to five contacts whose
ids begin with relay-probe-, to be deleted afterwards. Try it on a test app first.

The credential is SALESMACHINE_API_TOKEN and SALESMACHINE_API_SECRET of the environment, or that of a --stage.

Examples:
  $ SALESMACHINE_API_TOKEN=… SALESMACHINE_API_SECRET=… relay probe
  $ relay probe --stage test
`;

type ProbeOptions = TargetOptions & { yes?: true; json?: true };

export function defineProbe(relay: Command, context: CommandContext): void {
  withTargetOptions(relay.command('probe'))
    .description('find out what a Salesmachine account accepts, and what to set for it')
    .option('--yes', 'do not ask')
    .option('--json', 'for programs: one JSON object')
    .addHelpText('after', help)
    .action((options: ProbeOptions) => probe(options, context));
}

async function probe(options: ProbeOptions, context: CommandContext): Promise<void> {
  const { stage, region } = options;
  const settings =
    stage === undefined
      ? readSalesmachineSettings(context.env)
      : await fetchSalesmachineSettings(stage, region, context);
  const signal = context.interruptSignal();
  const question = `Send at most ${MAX_REQUESTS} requests to ${settings.url}, and create test contacts there?`;
  if (!options.yes && !(await confirm(question, context, signal))) return;

  const client = createProbeClient(settings, context, signal);
  const run = `relay-probe-${Math.floor(context.random() * 2 ** 32).toString(36)}`;
  const { findings, stopped } = await runProbes(client, run);
  if (stopped !== undefined) context.setFailed();
  const report = { url: settings.url, run, requests: client.requests(), findings, stopped: stopped ?? null };
  if (options.json) return printJson(context, report);
  for (const line of formatReport(report)) await printLine(context, line);
}

type Report = {
  url: string;
  /** The beginning of the test contacts' ids. */
  run: string;
  requests: number;
  findings: Finding[];
  /** Why it ended early. */
  stopped: string | null;
};

/** @throws CommandError if the credential is not accepted */
async function runProbes(
  client: ProbeClient,
  run: string,
): Promise<Pick<Report, 'findings'> & { stopped?: string }> {
  const findings: Finding[] = [];
  try {
    const ping = await client.post('/v1/ping', {});
    if (ping.status < 200 || ping.status > 299)
      throw new CommandError(`a ping is answered ${ping.status || 'by nothing'}: see relay ping`);
    for (const each of probes) findings.push(...(await each({ client, uid: (name) => `${run}-${name}` })));
    return { findings };
  } catch (error) {
    if (error instanceof ProbeStoppedError) return { findings, stopped: error.message };
    throw error;
  }
}

function formatReport({ url, run, requests, findings, stopped }: Report): string[] {
  const width = Math.max(0, ...findings.map(({ question }) => question.length));
  const settings = findings.flatMap(({ setting }) => (setting === undefined ? [] : [setting]));
  return [
    `${url}, ${pluralize(requests, 'request')}:`,
    ...findings.map(({ question, answer }) => `  ${question.padEnd(width)}  ${answer}`),
    ...(stopped === null ? [] : [`It ended early: ${stopped}.`]),
    '',
    settings.length > 0 ? `Set: ${settings.join(', ')}` : 'Nothing needs to be set.',
    `Then delete the contacts whose ids begin with ${run}.`,
    'Please send the lines above to the maintainers of the relay, as an issue: they hold no secret, and no data of yours.',
  ];
}
