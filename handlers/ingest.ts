import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { systemClock, systemRandom } from '../lib/clock.ts';
import { readIngestConfig, readLogSettings } from '../lib/config.ts';
import { createEnvironment, mapped } from '../lib/environment.ts';
import { answerRequest, type IngestPorts } from '../lib/ingest/answer.ts';
import { requestOf, responseOf } from '../lib/ingest/api-gateway.ts';
import { lazily } from '../lib/lazily.ts';
import { createSqs } from '../lib/queue/client.ts';
import { failureFields } from '../lib/telemetry/failure.ts';
import { withInvocation } from '../lib/telemetry/invocation.ts';
import { createLog } from '../lib/telemetry/log.ts';

const inTrouble = responseOf({ status: 503, body: { message: 'The relay is in trouble: try again.' } });

/** The function that takes Segment's events in. */
export function createIngest(ports: IngestPorts) {
  const ingest = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({ timeoutEarlyInMillis: 0 })
    .onError((request) => {
      // Whatever went wrong is ours, and Segment tries again.
      ports.log.error('a request ended in an unforeseen way', failureFields(request.error));
      request.response = inTrouble;
    })
    .handler(async (event) => responseOf(await answerRequest(requestOf(event), ports)));
  return withInvocation(ingest);
}

/** Made at the first invocation, so that importing this file needs no settings. */
const ingest = lazily(async () => {
  const environment = createEnvironment(process.env, systemClock);
  return createIngest({
    config: readIngestConfig(await environment.get()),
    credentials: mapped(environment, (env) => readIngestConfig(env).credentials),
    sqs: createSqs(),
    clock: systemClock,
    random: systemRandom,
    log: createLog('ingest', readLogSettings(process.env)),
  });
});

export const handler = async (
  event: APIGatewayProxyEventV2,
  context: Context,
): Promise<APIGatewayProxyStructuredResultV2> => {
  try {
    return await (await ingest())(event, context);
  } catch (error) {
    createLog('ingest').error('the ingest cannot start', failureFields(error));
    return inTrouble;
  }
};
