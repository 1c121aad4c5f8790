import { postBatch } from '../../segment/post-batch.ts';
import type { CommandContext } from '../command-context.ts';
import { bad, type Check, type Finding, good } from './check.ts';
import type { StageView } from './stage-checks.ts';

/** A lane waits for its slot, and CloudWatch some seconds until a line can be found. */
const WAIT_MS = 120_000;
const POLL_MS = 5_000;

type EventView = Pick<StageView, 'fetchOutputs' | 'readCredentials' | 'isDelivered'>;
type EventContext = Pick<CommandContext, 'clock' | 'random' | 'interruptSignal'>;

/** Sends one event through the whole stage, as Segment would, and waits until the worker says that it is delivered. */
export const createEventCheck = (view: EventView, context: EventContext): Check => ({
  name: 'event',
  run: () => sendEvent(view, context),
});

async function sendEvent(view: EventView, context: EventContext): Promise<Finding> {
  const { clock } = context;
  const startedAt = clock.now();
  const messageId = `relay-doctor-${startedAt}`;
  const event = { type: 'identify', userId: 'relay-doctor', messageId, traits: { name: 'relay doctor' } };
  const [outputs, credentials] = await Promise.all([view.fetchOutputs(), view.readCredentials()]);
  const url = outputs?.['WebhookUrl'];
  if (url === undefined) return bad('the stack has no WebhookUrl to send it to');

  const signal = context.interruptSignal();
  const posted = await postBatch([JSON.stringify(event)], { url, ...credentials }, context, signal);
  if (posted.kind !== 'taken') {
    return bad(`the ingest did not accept it: ${'cause' in posted ? posted.cause : posted.kind}`);
  }
  while (clock.now() < startedAt + WAIT_MS && !signal.aborted) {
    if (await view.isDelivered(messageId, startedAt)) return good('delivered to Salesmachine');
    await clock.sleep(POLL_MS, signal).catch(() => undefined);
  }
  if (signal.aborted) return { level: 'unknown', text: 'queued; interrupted before it was delivered' };
  return bad(`queued, but not delivered within ${WAIT_MS / 1_000} s: see relay status`);
}
