import type { Clock } from '../../runtime/clock.ts';
import { InputError } from '../../runtime/errors.ts';
import type { Json } from '../../runtime/json.ts';
import type { Random } from '../../runtime/random.ts';
import { type PostResult, postBatch, type Target } from '../../segment/post-batch.ts';
import { splitIntoBatches } from '../../segment/split-into-batches.ts';
import { pluralize } from '../format-text.ts';

/** Events by what became of them; `failed` were refused, or could not be sent. */
export type SendSummary = {
  accepted: number;
  deadLettered: number;
  skipped: number;
  failed: number;
  /** Events that went out, without those that were left out at the beginning. */
  sent: number;
  /** Why it ended before the last event. */
  givenUp: string | undefined;
};

export type SendOptions = {
  target: Target;
  /** Events a request. */
  batchSize: number;
  /** Events a second at most. */
  rate: number;
  /** Events to leave out at the beginning. */
  skip: number;
  signal: AbortSignal;
  /** After each request: how many events were sent so far. */
  onProgress(sent: number): void;
  /** A request that will never be taken: its events, and why. */
  onRefused(events: number, cause: string): void;
};

type Ports = { clock: Clock; random: Random };

/**
 * Posts events in their order, one request after the other.
 *
 * @throws InputError for input that cannot be read, with how many events were sent before it
 */
export async function sendEvents(
  events: AsyncIterable<Json>,
  options: SendOptions,
  ports: Ports,
): Promise<SendSummary> {
  const { batchSize, skip, signal } = options;
  const summary: SendSummary = {
    accepted: 0,
    deadLettered: 0,
    skipped: 0,
    failed: 0,
    sent: 0,
    givenUp: undefined,
  };
  const waitForRate = createRateLimit(options, ports);
  try {
    for await (const batch of splitIntoBatches(events, { size: batchSize, skip })) {
      await waitForRate(summary.sent);
      if (signal.aborted) break;
      const result = await postBatch(batch, options.target, ports, signal);
      if (!addToSummary(summary, result, batch.length)) break;
      if (result.kind === 'refused') options.onRefused(batch.length, result.cause);
      options.onProgress(summary.sent);
    }
  } catch (error) {
    const { sent } = summary;
    if (error instanceof InputError && sent > 0)
      error.message += `; ${pluralize(sent, 'event')} sent before it: fix or remove it, then go on with --skip ${skip + sent}`;
    throw error;
  }
  return summary;
}

function createRateLimit({ rate, signal }: SendOptions, { clock }: Ports) {
  const startedAt = clock.now();
  return async (sent: number): Promise<void> => {
    const waitMs = startedAt + (sent / rate) * 1_000 - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => undefined);
  };
}

/** Whether to go on. */
function addToSummary(summary: SendSummary, result: PostResult, events: number): boolean {
  if (result.kind === 'stopped') return false;
  if (result.kind === 'given_up') {
    summary.givenUp = result.cause;
    return false;
  }
  summary.sent += events;
  if (result.kind === 'refused') {
    summary.failed += events;
    return true;
  }
  summary.accepted += result.accepted;
  summary.deadLettered += result.deadLettered;
  summary.skipped += result.skipped;
  return true;
}
