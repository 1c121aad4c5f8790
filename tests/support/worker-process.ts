/**
 * Run as a program: the deployed worker in a process of its own, configured by its environment alone, behind one lane
 * of the event source mapping. It runs until it is killed, and tells its parent whether it is `busy` or `idle`.
 */
import { flushCompileCache } from 'node:module';
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
  async invoke(_lane, event, context) {
    process.send?.('busy');
    const response = await handler(event, context);
    process.send?.('idle');
    return response;
  },
}).start();
// A process that is killed writes nothing at its end.
flushCompileCache();
process.send?.('idle');
