import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { type Clock, type Random, systemClock, systemRandom } from '../lib/clock.ts';
import { type IngestConfig, readIngestConfig } from '../lib/config.ts';
import { answerRequest } from '../lib/ingest/answer.ts';
import { requestOf, responseOf } from '../lib/ingest/api-gateway.ts';
import { createSqs, type Sqs } from '../lib/queue/client.ts';
import { createLog, type Log } from '../lib/telemetry/log.ts';

export type IngestPorts = { config: IngestConfig; sqs: Sqs; clock: Clock; random: Random; log: Log };

/** The function that takes Segment's events in. */
export function createIngest(ports: IngestPorts) {
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({ timeoutEarlyInMillis: 0 })
    .onError((request) => {
      // Whatever went wrong is ours, and Segment tries again.
      ports.log.error('a request ended in an unforeseen way', { error: request.error?.name });
      request.response = responseOf({
        status: 503,
        body: { message: 'The relay is in trouble: try again.' },
      });
    })
    .handler(async (event) => responseOf(await answerRequest(requestOf(event), ports)));
}

let ingest: ReturnType<typeof createIngest> | undefined;

/** Made at the first invocation, so that importing this file needs no settings. */
export const handler = (
  event: APIGatewayProxyEventV2,
  context: Context,
): Promise<APIGatewayProxyStructuredResultV2> => {
  ingest ??= createIngest({
    config: readIngestConfig(process.env),
    sqs: createSqs(),
    clock: systemClock,
    random: systemRandom,
    log: createLog('ingest'),
  });
  return ingest(event, context);
};
