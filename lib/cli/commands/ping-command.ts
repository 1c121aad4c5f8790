import type { Command } from 'commander';
import * as v from 'valibot';
import { readSalesmachineSettings } from '../../config/config.ts';
import type { DeliveryStatus } from '../../local/api-schema.ts';
import { style } from '../../runtime/terminal-text.ts';
import { createSalesmachine } from '../../salesmachine/client.ts';
import { pingSalesmachine } from '../../salesmachine/ping.ts';
import { CommandError } from '../cli-errors.ts';
import { type CommandContext, printJson, printLine } from '../command-context.ts';
import { type TargetOptions, withTargetOptions } from '../connection.ts';
import { diagnosePing, hasPassed, type Ping, pingSchema } from '../diagnose-ping.ts';
import { formatNumber } from '../format-text.ts';
import { formatDuration } from '../progress.ts';
import { relayUrl, requestLocalRelay } from '../request-local-relay.ts';
import { pingStage } from '../stage/stage-ping.ts';
import { fetchDelivery } from '../status/fetch-status.ts';
import { diagnoseHold, isHeld } from '../status/format-status.ts';

const help = `
With --stage, asks Salesmachine with the stage's credential, which it reads from SSM; without the right to that, the
worker asks. Without --stage, it asks with SALESMACHINE_API_TOKEN and SALESMACHINE_API_SECRET of the environment; without
these, the local relay asks with its own. It costs one request of the quota.

The exit code is 1 if the ping does not pass, or if it passes and the relay is held all the same.

Examples:
  $ relay ping
  $ relay ping --stage prod
  $ SALESMACHINE_API_TOKEN=… SALESMACHINE_API_SECRET=… relay ping
`;

type PingOptions = TargetOptions & { json?: true };

export function definePing(relay: Command, context: CommandContext): void {
  withTargetOptions(relay.command('ping'))
    .description('is the Salesmachine credential good, and how much of the quota is left')
    .option('--json', 'for programs: one JSON object')
    .addHelpText('after', help)
    .action(async (options: PingOptions) => {
      const { ping, delivery, asked } = await sendPing(options, context);
      const good = hasPassed(ping);
      const held = good && isHeld({ delivery });
      if (!good || held) context.setFailed();
      if (options.json) return printJson(context, { good, held, ...ping });
      for (const line of formatPing(ping, held ? delivery : null)) await printLine(context, line);
      await printLine(context, `Asked ${asked}.`);
    });
}

type PingAnswer = {
  ping: Ping;
  /** Of the relay whose credential it is; null if it is not known, or the credential is the environment's. */
  delivery: DeliveryStatus | null;
  /** For people: which Salesmachine was asked, and with which credential. */
  asked: string;
};

async function sendPing(target: TargetOptions, context: CommandContext): Promise<PingAnswer> {
  const { env, clock } = context;
  if (target.stage !== undefined) {
    const ping = await pingStage(target.stage, target.region, context);
    const asked = `the Salesmachine of the stage ${target.stage}, with its credential`;
    return { ping, delivery: hasPassed(ping) ? await fetchDelivery(target, context) : null, asked };
  }
  if (env['SALESMACHINE_API_TOKEN'] || env['SALESMACHINE_API_SECRET']) {
    const settings = readSalesmachineSettings(env);
    const result = await pingSalesmachine(createSalesmachine(settings), clock.now);
    const asked = `${settings.url} with the credential of this shell`;
    return { ping: v.parse(pingSchema, result), delivery: null, asked };
  }
  if (env['SALESMACHINE_URL']) {
    throw new CommandError(
      'SALESMACHINE_URL is set, but no credential for it: set SALESMACHINE_API_TOKEN and SALESMACHINE_API_SECRET, too, or unset it to ask the local relay',
    );
  }
  const ping = await requestLocalRelay(context, 'POST /local/ping', pingSchema);
  const asked = `the Salesmachine of the local relay at ${relayUrl(env)}, with its credential`;
  return { ping, delivery: await fetchDelivery(target, context), asked };
}

/** For people; `hold` is what holds the relay although the ping passes. */
function formatPing(ping: Ping, hold: DeliveryStatus | null): string[] {
  if (!hasPassed(ping)) {
    const { problem, advice } = diagnosePing(ping);
    return [style('red', toSentence(problem)), `To do: ${advice}.`, ...formatQuota(ping)];
  }
  const good = style('green', 'The credential is good.');
  if (hold === null) return [good, ...formatQuota(ping)];
  const { problem, advice, adviceIfPingPasses = advice } = diagnoseHold(hold);
  return [
    good,
    style('red', toSentence(`but delivery is held, though a ping passes: ${problem}`)),
    `To do: ${adviceIfPingPasses}.`,
    ...formatQuota(ping),
  ];
}

const toSentence = (text: string) => `${text[0]?.toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;

function formatQuota({ limit, remaining, resetsInSeconds, ...ping }: Ping): string[] {
  if (remaining === null)
    return hasPassed(ping) ? ['The answer does not say how much of the quota is left.'] : [];
  const of = limit === null ? '' : ` of ${formatNumber(limit)}`;
  const until = resetsInSeconds === null ? '' : ` for the next ${formatDuration(resetsInSeconds)}`;
  return [`${formatNumber(remaining)}${of} requests are left${until}.`];
}
