import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { Clock } from '../../runtime/clock.ts';
import { withTimeout } from '../../runtime/deadline.ts';
import { CATCH_ALL_ROUTE_KEYS, ROUTE_KEYS } from '../../segment/route.ts';
import { unexpectedErrorFields } from '../../telemetry/error-fields.ts';
import type { Log } from '../../telemetry/log.ts';
import { json, type Reply, readBody, readHeaders } from '../http-server.ts';
import { createLambdaContext } from './lambda-context.ts';

const routeKeys: ReadonlySet<string> = new Set(ROUTE_KEYS);

/** A longer body is refused by the HTTP API, and a longer event by Lambda. Source: AWS's quotas of both. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

export type HttpFunction = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

type GatewayOptions = { invoke: HttpFunction; functionTimeoutMs: number; clock: Clock; log: Log };

/** API Gateway's HTTP API before the ingest: its routes, its limits, and its answers where the function has none. */
export function createApiGateway({ invoke, functionTimeoutMs, clock, log }: GatewayOptions) {
  return async (request: IncomingMessage): Promise<Reply> => {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) return json(413, { message: 'Request Entity Too Large' });
    const event = toHttpEvent(request, body, clock.now());
    if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) {
      return json(413, { message: 'Request Too Long' });
    }
    try {
      const context = createLambdaContext('ingest', functionTimeoutMs, clock);
      return toReply(await withTimeout(clock, functionTimeoutMs, invoke(event, context)));
    } catch (error) {
      log.error('function failed', unexpectedErrorFields(error));
      return json(500, { message: 'Internal Server Error' });
    }
  };
}

/** The key of the route that API Gateway takes a request by, and the parameters of its path. */
function matchRouteKey(method: string, path: string) {
  const [proxyRoute, defaultRoute] = CATCH_ALL_ROUTE_KEYS;
  const routeKey = `${method} ${path}`;
  if (routeKeys.has(routeKey)) return { routeKey };
  return path === '/'
    ? { routeKey: defaultRoute }
    : { routeKey: proxyRoute, pathParameters: { proxy: path.slice(1) } };
}

/** The request in API Gateway's payload format 2.0. */
function toHttpEvent(request: IncomingMessage, body: Buffer, now: number): APIGatewayProxyEventV2 {
  const { method = '', url = '/' } = request;
  // Not by the class URL, which takes what follows two slashes for a host.
  const [path = '/', ...queryParts] = url.split('?');
  const rawQueryString = queryParts.join('?');
  const { routeKey, ...parameters } = matchRouteKey(method, path);
  const { cookie, ...headers } = readHeaders(request);
  const query = Map.groupBy(new URLSearchParams(rawQueryString), ([name]) => name);
  const isText = isUtf8(body);
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    ...parameters,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers,
    ...(query.size > 0 && {
      queryStringParameters: Object.fromEntries(
        [...query].map(([name, pairs]) => [name, pairs.map(([, value]) => value).join(',')]),
      ),
    }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: headers['host'] ?? 'localhost',
      domainPrefix: 'local',
      http: {
        method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: new Date(now).toISOString(),
      timeEpoch: now,
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function toReply(result: APIGatewayProxyStructuredResultV2): Reply {
  const headers = Object.entries(result.headers ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    String(value),
  ]);
  return {
    status: result.statusCode ?? 200,
    headers: { 'content-type': 'application/json', ...Object.fromEntries(headers) },
    cookies: result.cookies ?? [],
    body: Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8'),
  };
}
