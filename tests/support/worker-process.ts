/**
 * Run as a program: the deployed worker in a process of its own, configured by its environment alone, behind one lane
 * of the event source mapping. It runs until it is killed.
 */
import { handler } from '../../handlers/worker.ts';
import { createEventSourceMapping } from '../../lib/local/aws/event-source-mapping.ts';
import { connectToLocalSqs } from '../../lib/local/aws/local-sqs-client.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { createLog } from '../../lib/telemetry/log.ts';

const {
  QUEUE_URL: url = '',
  QUEUE_ARN: arn = '',
  AWS_ENDPOINT_URL_SQS: endpoint = '',
  TIMEOUT_MS,
} = process.env;

createEventSourceMapping({
  sqs: connectToLocalSqs(endpoint),
  queue: { url, arn },
  lanes: 1,
  functionTimeoutMs: Number(TIMEOUT_MS),
  clock: systemClock,
  log: createLog('mapping'),
  invoke: (_lane, event, context) => handler(event, context),
}).start();
