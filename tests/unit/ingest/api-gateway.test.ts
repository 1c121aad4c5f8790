import { describe, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { toHttpRequest } from '../../../lib/ingest/api-gateway.ts';

type Matched = Pick<APIGatewayProxyEventV2, 'routeKey' | 'rawPath' | 'pathParameters'> & { stage?: string };

const eventOf = ({ stage = '$default', ...matched }: Matched): APIGatewayProxyEventV2 => ({
  version: '2.0',
  rawQueryString: '',
  headers: {},
  isBase64Encoded: false,
  ...matched,
  requestContext: {
    accountId: '000000000000',
    apiId: 'api',
    domainName: 'events.example.com',
    domainPrefix: 'events',
    http: { method: 'POST', path: matched.rawPath, protocol: 'HTTP/1.1', sourceIp: '', userAgent: '' },
    requestId: 'id',
    routeKey: matched.routeKey,
    stage,
    time: '',
    timeEpoch: 0,
  },
});

describe('the path of a request is the one that API Gateway matched', () => {
  test.each<[string, string, Matched]>([
    ['as it came', '/segment', { routeKey: 'POST /segment', rawPath: '/segment' }],
    [
      'behind the API mapping of a custom domain',
      '/segment',
      { routeKey: 'POST /segment', rawPath: '/hooks/segment' },
    ],
    ['of a named stage', '/segment', { routeKey: 'POST /segment', rawPath: '/prod/segment', stage: 'prod' }],
    [
      'behind an API mapping, with a slash at its end',
      '/v1/import/',
      { routeKey: 'ANY /{proxy+}', rawPath: '/hooks/v1/import/', pathParameters: { proxy: 'v1/import/' } },
    ],
    [
      'of a named stage, by the default route',
      '//v1/batch',
      { routeKey: '$default', rawPath: '/prod//v1/batch', stage: 'prod' },
    ],
    [
      'of a named stage whose name stands further behind',
      '/v1/prod/track',
      { routeKey: '$default', rawPath: '/v1/prod/track', stage: 'prod' },
    ],
    ["of a function's URL", '/v1/track', { routeKey: '$default', rawPath: '/v1/track' }],
    ['of a function that API Gateway gives the root only', '/', { routeKey: 'ANY /{proxy+}', rawPath: '/' }],
  ])('%s: %s', (_, path, event) => {
    expect(toHttpRequest(eventOf(event)).path).toBe(path);
  });
});

test('a body in base64 is its bytes', () => {
  const event = {
    ...eventOf({ routeKey: 'POST /segment', rawPath: '/segment' }),
    body: '/wA=',
    isBase64Encoded: true,
  };
  expect(toHttpRequest(event).body).toEqual(Buffer.of(0xff, 0x00));
});
