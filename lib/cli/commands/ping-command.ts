import type { Command } from 'commander';
import * as v from 'valibot';
import { readSalesmachineSettings } from '../../config/config.ts';
import { styled } from '../../runtime/terminal-text.ts';
import { createSalesmachine } from '../../salesmachine/client.ts';
import { type PingResult, pingSalesmachine } from '../../salesmachine/ping.ts';
import { type CommandContext, printJson, printLine } from '../command-context.ts';
import { formatDuration } from '../progress.ts';
import { requestLocalRelay } from '../request-local-relay.ts';

const help = `
With SALESMACHINE_API_TOKEN and SALESMACHINE_API_SECRET in the environment, asks Salesmachine with these; without them,
the local relay asks with its own. It costs one request of the quota.

The exit code is 1 if the credential is not good, or if nobody can tell.

Examples:
  $ relay ping
  $ SALESMACHINE_API_TOKEN=… SALESMACHINE_API_SECRET=… relay ping
`;

export function definePing(relay: Command, context: CommandContext): void {
  relay
    .command('ping')
    .description('is the Salesmachine credential good, and how much of the quota is left')
    .option('--json', 'for programs: one JSON object')
    .addHelpText('after', help)
    .action(async ({ json }: { json?: true }) => {
      const result = await sendPing(context);
      const good = result.outcome === 'delivered';
      if (!good) context.setFailed();
      if (json) return printJson(context, { good, ...result });
      const color = good ? 'green' : 'red';
      await printLine(context, styled(color, formatPing(result)));
      await printLine(context, formatQuota(result));
    });
}

async function sendPing({ env, clock }: CommandContext): Promise<PingResult> {
  if (!env['SALESMACHINE_API_TOKEN'] && !env['SALESMACHINE_API_SECRET']) {
    return requestLocalRelay(env, 'POST /local/ping', pingSchema);
  }
  return pingSalesmachine(createSalesmachine(readSalesmachineSettings(env)), clock.now);
}

const pingSchema = v.object({
  outcome: v.picklist([
    'delivered',
    'ambiguous',
    'credential',
    'configuration',
    'unsupported',
    'too_big',
    'rejected',
    'throttled',
    'transient',
    'uncertain',
  ]),
  status: v.nullable(v.number()),
  failure: v.nullable(v.string()),
  limit: v.nullable(v.number()),
  remaining: v.nullable(v.number()),
  resetsInSeconds: v.nullable(v.number()),
});

function formatPing({ outcome, status, failure }: PingResult): string {
  if (outcome === 'delivered') return 'The credential is good.';
  if (outcome === 'credential' || outcome === 'ambiguous')
    return `The credential is bad (${status}): check SALESMACHINE_API_TOKEN and SALESMACHINE_API_SECRET.`;
  if (outcome === 'throttled')
    return `The quota is used up (${status}): nobody can tell whether the credential is good.`;
  if (outcome === 'configuration')
    return `This is not Salesmachine's API (${status}): check SALESMACHINE_URL.`;
  return `Salesmachine is not reachable (${failure ?? status}): try again.`;
}

function formatQuota({ limit, remaining, resetsInSeconds }: PingResult): string {
  if (remaining === null) return 'The answer does not tell what is left of the quota.';
  const of = limit === null ? '' : ` of ${limit.toLocaleString('en')}`;
  const until = resetsInSeconds === null ? '' : ` for the next ${formatDuration(resetsInSeconds)}`;
  return `${remaining.toLocaleString('en')}${of} requests are left${until}.`;
}
