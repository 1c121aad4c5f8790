import { once } from 'node:events';
import { startLocalSqs } from '../../lib/local/aws/local-sqs.ts';
import { sqsEnvironment } from '../support/sqs-environment.ts';

/** SQS in a process of its own, so that its work is not counted as its clients'. It ends with its input. */
const queues = await startLocalSqs();
process.stdout.write(`${JSON.stringify(sqsEnvironment(queues))}\n`);
process.stdin.resume();
await once(process.stdin, 'end');
await queues.stop();
