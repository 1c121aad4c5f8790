import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { readIngestSettings, readLogSettings } from '../lib/config/config.ts';
import { createSecretsEnvironment } from '../lib/config/secrets.ts';
import { toApiGatewayResponse, toHttpRequest } from '../lib/ingest/api-gateway.ts';
import { handleRequest, type IngestDependencies } from '../lib/ingest/handle-request.ts';
import { systemClock } from '../lib/runtime/clock.ts';
import { memoizeAsync } from '../lib/runtime/lazy.ts';
import { systemRandom } from '../lib/runtime/random.ts';
import { mapRefreshable } from '../lib/runtime/refreshable.ts';
import { createSqs } from '../lib/sqs/sqs-client.ts';
import { unexpectedErrorFields } from '../lib/telemetry/error-fields.ts';
import { withInvocation } from '../lib/telemetry/invocation-context.ts';
import { createLog } from '../lib/telemetry/log.ts';

const serviceUnavailable = toApiGatewayResponse({
  status: 503,
  body: { message: 'The relay is in trouble: try again.' },
});

/** The function that takes Segment's events in. */
export function createIngest(dependencies: IngestDependencies) {
  const ingest = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({ timeoutEarlyInMillis: 0 })
    .onError((request) => {
      // Whatever went wrong is ours, and Segment tries again.
      dependencies.log.error('unexpected error caught', unexpectedErrorFields(request.error));
      request.response = serviceUnavailable;
    })
    .handler(async (event) => toApiGatewayResponse(await handleRequest(toHttpRequest(event), dependencies)));
  return withInvocation(ingest);
}

/** Made at the first invocation, so that importing this file needs no settings. */
const getHandler = memoizeAsync(async () => {
  const environment = createSecretsEnvironment(process.env, systemClock);
  return createIngest({
    config: readIngestSettings(await environment.get()),
    credentials: mapRefreshable(environment, (env) => readIngestSettings(env).credentials),
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
    return await (await getHandler())(event, context);
  } catch (error) {
    createLog('ingest').error('ingest not started', unexpectedErrorFields(error));
    return serviceUnavailable;
  }
};
