import { afterEach } from '@jest/globals';
import { createIngest } from '../../handlers/ingest.ts';
import { type Environment, readIngestSettings } from '../../lib/config/config.ts';
import { createApiGateway, type HttpFunction } from '../../lib/local/aws/local-api-gateway.ts';
import { type LocalSqs, startLocalSqs } from '../../lib/local/aws/local-sqs.ts';
import { listen } from '../../lib/local/http-server.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import type { ReceivedMessage } from '../../lib/sqs/received-message.ts';
import { createSqs } from '../../lib/sqs/sqs-client.ts';
import { recordingLog } from './log.ts';
import { patientClock } from './patient-clock.ts';
import { receiveAll } from './receive-all.ts';
import { TOKEN } from './relay.ts';

export type TestIngest = {
  queues: LocalSqs;
  /** Posts an event, or an array of them, with the token; text and bytes are sent as they are. */
  post(events: unknown): Promise<Response>;
  /** The function itself, as API Gateway invokes it. */
  invoke: HttpFunction;
  /** Takes out what has been queued. */
  queued(): Promise<ReceivedMessage[]>;
  /** Takes out what has become a dead letter. */
  deadLetters(): Promise<ReceivedMessage[]>;
};

type Options = {
  clock?: Clock;
  /** Where the ingest finds SQS, if something stands before it. */
  endpointOf?: (queues: LocalSqs) => Promise<string>;
  /** Settings beside those that it needs. */
  env?: Environment;
};

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The deployed ingest behind API Gateway, and its two queues, with no worker. Stopped after the test. */
export async function startTestIngest(options: Options = {}): Promise<TestIngest> {
  const { clock = patientClock, endpointOf = async ({ endpoint }) => endpoint } = options;
  const queues = await startLocalSqs();
  cleanups.push(queues.stop);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const sqs = createSqs({ endpoint: await endpointOf(queues), region: 'us-east-1', credentials });
  cleanups.push(() => sqs.destroy());

  const log = recordingLog();
  const config = readIngestSettings({
    QUEUE_URL: queues.main.url,
    DEAD_LETTER_QUEUE_URL: queues.deadLetters.url,
    INGEST_TOKENS: TOKEN,
    ...options.env,
  });
  const invoke = createIngest({ config, sqs, clock, random: systemRandom, log });
  const server = await listen(createApiGateway({ invoke, functionTimeoutMs: 8_000, clock, log }));
  cleanups.push(server.stop);

  const reader = queues.connect();
  return {
    queues,
    invoke,
    post: (events) =>
      fetch(`${server.url}/segment`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}` },
        body: typeof events === 'string' || events instanceof Uint8Array ? events : JSON.stringify(events),
      }),
    queued: () => receiveAll(reader, queues.main),
    deadLetters: () => receiveAll(reader, queues.deadLetters),
  };
}
