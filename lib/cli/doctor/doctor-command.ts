import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { withTargetOptions } from '../connection.ts';
import { readStageTarget } from '../stage/stage-target.ts';
import { runChecks } from './check.ts';
import { createLocalChecks } from './local-checks.ts';
import { createStageChecks } from './stage-checks.ts';
import { connectStageView } from './stage-view.ts';
import { createEventCheck } from './synthetic-event.ts';

const help = `
With --stage: does the ingest answer, are the secrets in SSM, are the queues as deployed, is the worker enabled, does
Salesmachine accept the credential, is delivery held, are alarms received. Without it: this machine's Node, settings and
credential, whether the local relay answers, and whether its delivery is held. It changes nothing, and costs one request
of the quota; --event also sends an event of the made-up user relay-doctor, and waits until Salesmachine has accepted it.

The exit code is 1 if something is bad.

Examples:
  $ relay doctor
  $ relay doctor --stage prod
  $ relay doctor --stage prod --event
`;

type DoctorOptions = { stage?: string; region?: string; event?: true; json?: true };

export function defineDoctor(relay: Command, context: CommandContext): void {
  withTargetOptions(relay.command('doctor'))
    .description('is everything as it should be, on this machine or in a stage')
    .option('--event', 'with --stage: also send an event, and wait until it is delivered')
    .option('--json', 'for programs: one JSON object a check')
    .addHelpText('after', help)
    .action(async (options: DoctorOptions) => {
      const { stage, region } = options;
      if (stage === undefined) return runChecks(createLocalChecks(context), options, context);
      const target = await readStageTarget({ stage, region }, context.env);
      const view = await connectStageView(target, context);
      const checks = createStageChecks(view, target);
      const event = options.event ? [createEventCheck(view, context)] : [];
      return runChecks([...checks, ...event], options, context);
    });
}
