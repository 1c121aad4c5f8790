import { setImmediate } from 'node:timers/promises';
import { readIngestSettings } from '../../lib/config/config.ts';
import { handleRequest, type IngestDependencies } from '../../lib/ingest/handle-request.ts';
import type { JsonObject } from '../../lib/runtime/json.ts';
import type { HttpRequest } from '../../lib/segment/http-request.ts';
import { type EntryResult, fakeSqs } from './fake-sqs.ts';
import { recordingLog } from './log.ts';
import { seededRandom } from './seeded-random.ts';
import { createVirtualTime, type VirtualTime } from './virtual-time.ts';

export const TOKEN_HEADER = { authorization: 'Bearer the-token' };

export const track = (userId: string): JsonObject => ({
  type: 'track',
  messageId: `m-${userId}`,
  userId,
  event: 'Clicked',
});

type Options = {
  /** What SQS does with each message. */
  resultFor?: (body: string) => EntryResult;
  env?: Record<string, string>;
  /** Of each call of SQS. */
  latencyMs?: number;
  /** The credentials, where they can change. */
  credentials?: (time: VirtualTime) => NonNullable<IngestDependencies['credentials']>;
  /** A bug of the mapping: for what it throws. */
  mappingError?: Error;
};

/** What the ingest answers, and what of the request reaches SQS and the log. Time is virtual. */
export async function handle(
  request: Partial<HttpRequest>,
  { resultFor, env = {}, latencyMs = 10, credentials, mappingError }: Options = {},
) {
  const time = createVirtualTime();
  const startedAt = time.now();
  const log = recordingLog();
  const sqs = fakeSqs(time, { latencyMs, ...(resultFor && { resultFor }) });
  const config = readIngestSettings({
    QUEUE_URL: 'main',
    DEAD_LETTER_QUEUE_URL: 'dead',
    INGEST_TOKENS: 'the-token',
    ...env,
  });
  const mapping = mappingError
    ? Object.defineProperty({ ...config.mapping }, 'excludeEvents', {
        get: () => {
          throw mappingError;
        },
      })
    : config.mapping;
  const ports = {
    config: { ...config, mapping },
    sqs,
    clock: time,
    random: seededRandom(1),
    log,
    ...(credentials && { credentials: credentials(time) }),
  };
  const fullRequest = {
    method: 'POST',
    path: '/segment',
    headers: TOKEN_HEADER,
    body: Buffer.alloc(0),
    ...request,
  };
  const pending = handleRequest(fullRequest, ports);
  let isAnswered = false;
  void pending.finally(() => {
    isAnswered = true;
  });
  // What is compressed takes a turn of the real event loop.
  while (!isAnswered) {
    await time.run();
    await setImmediate();
  }
  const response = await pending;
  return { response, sqs, log, tookMs: time.now() - startedAt };
}

/** The same, with the token and a body: JSON, or text as it is. */
export const post = (body: unknown, options?: Options, headers: HttpRequest['headers'] = TOKEN_HEADER) =>
  handle({ body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), headers }, options);

type Sends = Awaited<ReturnType<typeof handle>>['sqs']['sends'];

export const deadLettersIn = (sends: Sends) =>
  sends
    .flat()
    .filter(({ MessageAttributes }) => MessageAttributes?.['reason'])
    .map(({ MessageBody: body, MessageAttributes = {} }) => ({
      body,
      attributes: Object.fromEntries(
        Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]),
      ),
    }));

export const reasonsIn = (sends: Sends) =>
  sends.flat().flatMap(({ MessageAttributes }) => MessageAttributes?.['reason']?.StringValue ?? []);
