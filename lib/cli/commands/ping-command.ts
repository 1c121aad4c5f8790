import { styleText } from 'node:util';
import type { Command } from 'commander';
import * as v from 'valibot';
import { readSalesmachineSettings } from '../../config/config.ts';
import { createSalesmachine } from '../../salesmachine/client.ts';
import { type CredentialCheck, checkCredential } from '../../salesmachine/ping.ts';
import { printJson, printLine, type Terminal } from '../command-context.ts';
import { durationText } from '../progress.ts';
import { askRelay } from '../request-local-relay.ts';

const help = `
With SALESMACHINE_API_TOKEN and SALESMACHINE_API_SECRET in the environment, asks Salesmachine with these; without them,
the local relay asks with its own. It costs one request of the quota.

The exit code is 1 if the credential is not good, or if nobody can tell.

Examples:
  $ relay ping
  $ SALESMACHINE_API_TOKEN=… SALESMACHINE_API_SECRET=… relay ping
`;

export function definePing(relay: Command, terminal: Terminal): void {
  relay
    .command('ping')
    .description('is the Salesmachine credential good, and how much of the quota is left')
    .option('--json', 'for programs: one JSON object')
    .addHelpText('after', help)
    .action(async ({ json }: { json?: true }) => {
      const check = await ping(terminal);
      const good = check.outcome === 'delivered';
      if (!good) terminal.fail();
      if (json) return printJson(terminal, { good, ...check });
      const color = good ? 'green' : 'red';
      await printLine(terminal, styleText(color, verdictOn(check), { stream: terminal.stdout }));
      await printLine(terminal, quotaText(check));
    });
}

async function ping({ env, clock }: Terminal): Promise<CredentialCheck> {
  if (!env['SALESMACHINE_API_TOKEN'] && !env['SALESMACHINE_API_SECRET']) {
    return askRelay(env, 'POST /local/ping', answerSchema);
  }
  return checkCredential(createSalesmachine(readSalesmachineSettings(env)), clock.now);
}

const answerSchema = v.object({
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

function verdictOn({ outcome, status, failure }: CredentialCheck): string {
  if (outcome === 'delivered') return 'The credential is good.';
  if (outcome === 'credential' || outcome === 'ambiguous')
    return `The credential is bad (${status}): check SALESMACHINE_API_TOKEN and SALESMACHINE_API_SECRET.`;
  if (outcome === 'throttled')
    return `The quota is used up (${status}): nobody can tell whether the credential is good.`;
  if (outcome === 'configuration')
    return `This is not Salesmachine's API (${status}): check SALESMACHINE_URL.`;
  return `Salesmachine is not reachable (${failure ?? status}): try again.`;
}

function quotaText({ limit, remaining, resetsInSeconds }: CredentialCheck): string {
  if (remaining === null) return 'The answer does not tell what is left of the quota.';
  const of = limit === null ? '' : ` of ${limit.toLocaleString('en')}`;
  const until = resetsInSeconds === null ? '' : ` for the next ${durationText(resetsInSeconds)}`;
  return `${remaining.toLocaleString('en')}${of} requests are left${until}.`;
}
