import type { Clock } from '../../runtime/clock.ts';
import { InputError } from '../../runtime/errors.ts';
import type { Json } from '../../runtime/json.ts';
import type { Random } from '../../runtime/random.ts';
import { postBatch, type Target } from '../../segment/post-batch.ts';
import { readEvents } from '../../segment/read-events.ts';
import { splitIntoBatches } from '../../segment/split-into-batches.ts';
import type { SendReport } from './protocol.ts';

/** The batch size that docs/connect-segment.md recommends. */
const BATCH_SIZE = 100;

type Ports = { target(): Target; clock: Clock; random: Random; signal: AbortSignal };

/** Posts the events of a text (JSON or NDJSON) as Segment would, like `relay send`. */
export async function sendText(text: string, ports: Ports): Promise<SendReport> {
  return sendEvents(
    readEvents(
      (async function* () {
        yield text;
      })(),
    ),
    ports,
  );
}

/** Posts events as Segment would, in their order; ends at the first batch that is not taken. */
export async function sendEvents(
  events: AsyncIterable<Json>,
  { target, clock, random, signal }: Ports,
): Promise<SendReport> {
  const report: SendReport = { accepted: 0, deadLettered: 0, skipped: 0, error: null };
  try {
    for await (const batch of splitIntoBatches(events, { size: BATCH_SIZE, skip: 0 })) {
      const result = await postBatch(batch, target(), { clock, random }, signal);
      if (result.kind !== 'taken') return { ...report, error: describeStop(result) };
      report.accepted += result.accepted;
      report.deadLettered += result.deadLettered;
      report.skipped += result.skipped;
    }
    return report;
  } catch (error) {
    if (error instanceof InputError) return { ...report, error: error.message };
    throw error;
  }
}

const describeStop = (result: { kind: 'stopped' } | { kind: 'refused' | 'given_up'; cause: string }) =>
  result.kind === 'stopped' ? 'stopped: the relay ends' : result.cause;
