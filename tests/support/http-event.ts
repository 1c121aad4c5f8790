import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** A POST to `/segment`, as an HTTP API passes it on. Source: the documentation of payload format 2.0. */
export const createHttpEvent = (
  body: string,
  headers: Record<string, string>,
  isBase64Encoded = false,
): APIGatewayProxyEventV2 => ({
  version: '2.0',
  routeKey: 'POST /segment',
  rawPath: '/segment',
  rawQueryString: '',
  headers,
  requestContext: {
    accountId: '000000000000',
    apiId: 'api',
    domainName: 'events.example.com',
    domainPrefix: 'events',
    http: {
      method: 'POST',
      path: '/segment',
      protocol: 'HTTP/1.1',
      sourceIp: '203.0.113.1',
      userAgent: 'Segment',
    },
    requestId: 'id',
    routeKey: 'POST /segment',
    stage: '$default',
    time: '',
    timeEpoch: 0,
  },
  body,
  isBase64Encoded,
});
