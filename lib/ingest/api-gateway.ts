import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { HttpRequest } from '../segment/http-request.ts';
import type { HttpResponse } from './http-response.ts';

/** The request as API Gateway's HTTP API (payload format 2.0) or a function URL hands it over. */
export function toHttpRequest(event: APIGatewayProxyEventV2): HttpRequest {
  return {
    method: event.requestContext.http.method,
    path: readPath(event),
    headers: event.headers,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
  };
}

/**
 * The path as the matched route sees it: `rawPath` begins with the stage, unless that is the default one, and with the
 * key of a custom domain's API mapping.
 */
function readPath({ routeKey, rawPath, pathParameters, requestContext }: APIGatewayProxyEventV2): string {
  const [, routePath] = routeKey.split(' ');
  if (routePath?.includes('{proxy+}')) return `/${pathParameters?.['proxy'] ?? ''}`;
  const stagePrefix = `/${requestContext.stage}/`;
  return routePath ?? (rawPath.startsWith(stagePrefix) ? rawPath.slice(stagePrefix.length - 1) : rawPath);
}

export function toApiGatewayResponse({
  status,
  headers,
  body,
}: HttpResponse): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}
