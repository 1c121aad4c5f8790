import { InputError } from '../runtime/errors.ts';
import { isDeeperThan, type Json } from '../runtime/json.ts';

/** Events of one request, each as its JSON. */
export type Batch = readonly string[];

/** A request may have 6 MB at AWS, and 4.3 MB as base64. Source: Lambda's quotas. */
const MAX_BATCH_BYTES = 3_000_000;

/** `JSON.stringify` overflows the stack far below what `JSON.parse` takes. */
const MAX_DEPTH = 500;

/**
 * Batches of at most `size` events, in their order, without the first `skip` events.
 *
 * @throws InputError if an event is nested too deep
 */
export async function* splitIntoBatches(
  events: AsyncIterable<Json>,
  { size, skip }: { size: number; skip: number },
): AsyncGenerator<Batch> {
  let batch: string[] = [];
  let bytes = 0;
  let number = 0;
  for await (const event of events) {
    number += 1;
    if (number <= skip) continue;
    if (isDeeperThan(event, MAX_DEPTH))
      throw new InputError(`event ${number} is nested more than ${MAX_DEPTH} levels deep`);
    const json = JSON.stringify(event);
    const jsonBytes = Buffer.byteLength(json);
    if (batch.length === size || (batch.length > 0 && bytes + jsonBytes > MAX_BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(json);
    bytes += jsonBytes;
  }
  if (batch.length > 0) yield batch;
}
