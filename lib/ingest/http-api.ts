import type { MiddlewareObj, Request } from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { HttpRequest } from '../segment/http-request.ts';
import { toApiGatewayResponse, toHttpRequest } from './api-gateway.ts';

type HttpEvent = APIGatewayProxyEventV2 & { request: HttpRequest };

/** API Gateway's HTTP API: the handler finds the request in `event.request`, and returns an `HttpResponse`. */
export function httpApi(): MiddlewareObj<HttpEvent> {
  const writeResponse = (request: Request<HttpEvent>) => {
    if (request.response) request.response = toApiGatewayResponse(request.response);
  };
  return {
    before({ event }) {
      event.request = toHttpRequest(event);
    },
    after: writeResponse,
    // After a middleware that answers an error.
    onError: writeResponse,
  };
}
