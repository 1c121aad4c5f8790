import type { Command } from 'commander';
import { makeSample, SAMPLES, type Sample } from '../../local/console/samples.ts';
import type { JsonObject } from '../../runtime/json.ts';
import { type CommandContext, printJson, printLine, printNote } from '../command-context.ts';
import { pluralize } from '../format-text.ts';
import { collectChoices, positiveInteger } from '../options.ts';
import { formatCounts } from './send-command.ts';
import { sendEvents } from './send-events.ts';
import { resolveSendTarget, type SendTargetOptions, withSendTargetOptions } from './send-target.ts';

const help = `
Types: each of Segment's calls; audience is an identify of Engage; bad is a track event without a name, which becomes a
dead letter; coupons are 40 events of which some have the attribute coupon; burst is --count events of many users. Without
a type, one event of each but coupons and burst is sent.

They go where relay send would send them. The exit code is 1 if the relay does not take them.

Examples:
  $ relay trigger                  one of each
  $ relay trigger identify track
  $ relay trigger burst --count 5000
`;

const LARGE: readonly Sample[] = ['coupons', 'burst'];

type TriggerFlags = SendTargetOptions & { count: number; json?: true };

export function defineTrigger(relay: Command, context: CommandContext): void {
  withSendTargetOptions(relay.command('trigger'))
    .argument('[TYPE...]', `which sample events to send: ${SAMPLES.join(', ')}`, collectChoices(SAMPLES), [])
    .description('send sample events: each type, one of Engage, a bad one')
    .option('--count <n>', 'events of a burst', positiveInteger, 100)
    .option('--json', 'for programs: the summary as one JSON object')
    .addHelpText('after', help)
    .action((types: Sample[], flags: TriggerFlags) => trigger(types, flags, context));
}

async function trigger(
  types: readonly Sample[],
  flags: TriggerFlags,
  context: CommandContext,
): Promise<void> {
  const { clock, random } = context;
  const target = await resolveSendTarget(flags, context);
  const wanted = types.length > 0 ? types : SAMPLES.filter((sample) => !LARGE.includes(sample));
  const events = wanted.flatMap((sample) => makeSample(sample, flags.count, { now: clock.now(), random }));
  const options = {
    target,
    batchSize: 100,
    rate: Number.POSITIVE_INFINITY,
    skip: 0,
    signal: context.interruptSignal(),
    onProgress: () => undefined,
    onRefused: (count: number, cause: string) =>
      printNote(context, `relay: ${pluralize(count, 'event')}: ${cause}`),
  };
  const { sent, givenUp, ...counts } = await sendEvents(toAsync(events), options, context);
  if (givenUp !== undefined || counts.failed > 0) context.setFailed();
  if (flags.json) return printJson(context, { ...counts, givenUp: givenUp ?? null });
  await printLine(context, `${formatCounts(counts)}: ${[...new Set(wanted)].join(', ')}`);
  if (givenUp !== undefined) await printLine(context, `Given up: ${givenUp}.`);
  else await printLine(context, describeNext(events, counts.deadLettered));
}

async function* toAsync(events: readonly JsonObject[]): AsyncGenerator<JsonObject> {
  yield* events;
}

/** Where to look for what became of them. */
function describeNext([first]: readonly JsonObject[], deadLettered: number): string {
  const logs = `relay logs --message-id ${first?.['messageId']}`;
  return `Next: relay status, ${deadLettered > 0 ? 'relay dlq list, ' : ''}${logs}`;
}
