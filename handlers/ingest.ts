import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { readIngestSettings, readLogSettings } from '../lib/config/config.ts';
import { readLambdaParameters } from '../lib/config/lambda-parameters.ts';
import { createSecretsEnvironment } from '../lib/config/secrets.ts';
import { toApiGatewayResponse } from '../lib/ingest/api-gateway.ts';
import { handleRequest, type IngestDependencies } from '../lib/ingest/handle-request.ts';
import { httpApi } from '../lib/ingest/http-api.ts';
import { toErrorResponse } from '../lib/ingest/http-response.ts';
import { systemClock } from '../lib/runtime/clock.ts';
import { withInvocation } from '../lib/runtime/invocation-context.ts';
import { createOnInitialization, type LambdaFunction, lambda } from '../lib/runtime/lambda.ts';
import { systemRandom } from '../lib/runtime/random.ts';
import { mapRefreshable } from '../lib/runtime/refreshable.ts';
import { createSqs } from '../lib/sqs/sqs-client.ts';
import { unexpectedErrorFields } from '../lib/telemetry/error-fields.ts';
import { createLog } from '../lib/telemetry/log.ts';
import { unexpectedErrors } from '../lib/telemetry/unexpected-errors.ts';

type Ingest = LambdaFunction<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>;

/** Segment sends again what is answered 503. */
const unavailable = toErrorResponse(503, 'unavailable', 'The relay is in trouble: try again.');

/** The function that receives Segment's events, and queues them. */
export const createIngest = (dependencies: IngestDependencies): Ingest =>
  withInvocation(
    lambda<APIGatewayProxyEventV2>()
      .use(httpApi())
      .use(unexpectedErrors(dependencies.log, unavailable))
      .handler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>(({ request }) =>
        handleRequest(request, dependencies),
      ),
  );

export const handler: Ingest = await createOnInitialization(
  async () => {
    const environment = createSecretsEnvironment(process.env, systemClock, readLambdaParameters);
    return createIngest({
      config: readIngestSettings(await environment.get()),
      credentials: mapRefreshable(environment, (env) => readIngestSettings(env).credentials),
      sqs: createSqs(),
      clock: systemClock,
      random: systemRandom,
      log: createLog('ingest', readLogSettings(process.env)),
    });
  },
  (error) => {
    createLog('ingest').error('ingest not started', unexpectedErrorFields(error));
    return toApiGatewayResponse(unavailable);
  },
);
