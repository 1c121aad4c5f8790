import { flushCompileCache } from 'node:module';
import * as v from 'valibot';
import { createDeadLetterReader } from '../../lib/dead-letters/dead-letter-reader.ts';
import { replay } from '../../lib/dead-letters/replay-dead-letters.ts';
import { connectToLocalSqs } from '../../lib/local/aws/local-sqs-client.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { recordingLog } from './log.ts';

const task = v.object({
  /** `list` reads all that there is, says so, and keeps it. */
  what: v.picklist(['list', 'replay']),
  endpoint: v.string(),
  queueUrl: v.string(),
  deadLetterQueueUrl: v.string(),
  visibilitySeconds: v.number(),
  rate: v.number(),
});

/** What the process is told, as JSON, in its only argument. */
export type ReplayProcessTask = v.InferOutput<typeof task>;

const { what, endpoint, rate, ...queues } = v.parse(task, JSON.parse(process.argv[2] ?? ''));
const sqs = connectToLocalSqs(endpoint);
const ports = { ...queues, sqs, clock: systemClock, random: systemRandom, log: recordingLog() };
const { visibilitySeconds } = queues;

const print = (line: string) => process.stdout.write(`${line}\n`);

// A process that is killed writes nothing at its end.
flushCompileCache();
print('ready');
await new Promise((resolve) => process.stdin.once('data', resolve));
if (what === 'replay') {
  await replay({ rate, visibilitySeconds, waitSeconds: 0 }, ports);
} else {
  let readCount = 0;
  for await (const batch of createDeadLetterReader(ports, { visibilitySeconds, waitSeconds: 0 }).batches()) {
    readCount += batch.length;
    if (batch.length === 0) {
      print(`read ${readCount}`);
      await new Promise(() => {});
    }
  }
}
process.exit();
