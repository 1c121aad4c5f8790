import { expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { httpApi } from '../../../lib/ingest/http-api.ts';
import type { HttpResponse } from '../../../lib/ingest/http-response.ts';
import { createLambdaContext } from '../../../lib/local/aws/lambda-context.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { lambda } from '../../../lib/runtime/lambda.ts';
import type { HttpRequest } from '../../../lib/segment/http-request.ts';
import { unexpectedErrors } from '../../../lib/telemetry/unexpected-errors.ts';
import { createHttpEvent } from '../../support/http-event.ts';
import { recordingLog } from '../../support/log.ts';

const body = Buffer.of(0x7b, 0xff).toString('base64');
const event = createHttpEvent(body, { 'content-type': 'application/json' }, true);

/** What API Gateway gets of a handler, which is given a request and returns a response. */
function answer(handle: (request: HttpRequest) => HttpResponse) {
  const unavailable: HttpResponse = { status: 503, body: { message: 'try again' } };
  const run = lambda<APIGatewayProxyEventV2>()
    .use(httpApi())
    .use(unexpectedErrors(recordingLog(), unavailable))
    .handler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>(({ request }) => handle(request));
  return run(event, createLambdaContext('ingest', 8_000, systemClock));
}

test('a handler is given the request, with its body as bytes, and its response is JSON for API Gateway', async () => {
  const requests: HttpRequest[] = [];
  const response = await answer((request) => {
    requests.push(request);
    return { status: 405, headers: { allow: 'POST' }, body: { message: 'no' } };
  });
  expect(requests).toEqual([
    {
      method: 'POST',
      path: '/segment',
      headers: { 'content-type': 'application/json' },
      body: Buffer.of(0x7b, 0xff),
    },
  ]);
  expect(response).toEqual({
    statusCode: 405,
    headers: { 'content-type': 'application/json', allow: 'POST' },
    body: '{"message":"no"}',
  });
});

test('the answer to what a handler throws is one for API Gateway, too', async () => {
  const response = await answer(() => {
    throw new Error('a bug');
  });
  expect(response).toEqual({
    statusCode: 503,
    headers: { 'content-type': 'application/json' },
    body: '{"message":"try again"}',
  });
});
