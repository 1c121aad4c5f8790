import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { readIngestConfig, readLogSettings } from '../lib/config/config.ts';
import { createEnvironment, mapped } from '../lib/config/secrets.ts';
import { requestOf, responseOf } from '../lib/ingest/api-gateway.ts';
import { answerRequest, type IngestPorts } from '../lib/ingest/handle-request.ts';
import { systemClock, systemRandom } from '../lib/runtime/clock.ts';
import { lazily } from '../lib/runtime/lazy.ts';
import { createSqs } from '../lib/sqs/sqs-client.ts';
import { failureFields } from '../lib/telemetry/error-fields.ts';
import { withInvocation } from '../lib/telemetry/invocation-context.ts';
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
