import { createSecretsEnvironment } from '../../config/secrets.ts';
import { postBatch } from '../../segment/post-batch.ts';
import type { LogMessage } from '../../telemetry/log-messages.ts';
import type { CommandContext } from '../command-context.ts';
import type { StageTarget } from '../deploy/stage-target.ts';
import { readParameters } from '../secrets/stage-parameters.ts';
import { parameterName } from '../secrets/stage-secrets.ts';
import { connectLogs, queryLogs } from '../stage/stage-log.ts';
import { bad, type Check, good } from './check.ts';
import type { StageView } from './stage-checks.ts';

/** A lane waits for its slot, and CloudWatch some seconds until a line can be found. */
const WAIT_MS = 120_000;
const POLL_MS = 5_000;

const DELIVERED = 'request completed' satisfies LogMessage;

/** Sends one event through the whole stage, as Segment would, and waits until the worker says that it is delivered. */
export function createEventCheck(
  view: Pick<StageView, 'fetchOutputs'>,
  target: StageTarget,
  context: Pick<CommandContext, 'clock' | 'random' | 'interruptSignal'>,
): Check {
  return {
    name: 'event',
    run: async () => {
      const { clock } = context;
      const from = clock.now();
      const messageId = `relay-doctor-${from}`;
      const { WebhookUrl: url } = (await view.fetchOutputs()) ?? {};
      if (url === undefined) return bad('there is no WebhookUrl to send it to');
      const credentials = await readCredentials(target, context);
      const signal = context.interruptSignal();
      const event = { type: 'identify', userId: 'relay-doctor', messageId, traits: { name: 'relay doctor' } };
      const posted = await postBatch([JSON.stringify(event)], { url, ...credentials }, context, signal);
      if (posted.kind !== 'taken')
        return bad(`the ingest did not take it: ${'cause' in posted ? posted.cause : posted.kind}`);
      while (clock.now() < from + WAIT_MS && !signal.aborted) {
        if (await isDelivered(messageId, from, target, context)) return good('delivered to Salesmachine');
        await clock.sleep(POLL_MS, signal).catch(() => undefined);
      }
      return bad(
        `queued, but not delivered within ${WAIT_MS / 1_000} s: npm run relay -- status --stage ${target.stage} --region ${target.region}`,
      );
    },
  };
}

/** The first of each kind that the ingest knows. */
async function readCredentials({ stage, region }: StageTarget, { clock }: Pick<CommandContext, 'clock'>) {
  const environment = createSecretsEnvironment(
    {
      SEGMENT_SHARED_SECRETS_PARAMETER: parameterName(stage, 'SEGMENT_SHARED_SECRETS'),
      INGEST_TOKENS_PARAMETER: parameterName(stage, 'INGEST_TOKENS'),
    },
    clock,
    (names) => readParameters(names, region),
  );
  const { SEGMENT_SHARED_SECRETS, INGEST_TOKENS } = await environment.get();
  return { secret: firstOf(SEGMENT_SHARED_SECRETS), token: firstOf(INGEST_TOKENS) };
}

const firstOf = (list: string | undefined): string | undefined => list?.split(',')[0]?.trim() || undefined;

async function isDelivered(
  messageId: string,
  from: number,
  { stage, region }: StageTarget,
  { clock }: Pick<CommandContext, 'clock'>,
): Promise<boolean> {
  const logs = await connectLogs(region);
  const query = `filter message = "${DELIVERED}" and outcome = "delivered" and @message like "${messageId}" | limit 1`;
  const rows = await queryLogs(stage, { functions: ['worker'], query, from, to: clock.now() }, logs, clock);
  logs.destroy();
  return rows.length > 0;
}
