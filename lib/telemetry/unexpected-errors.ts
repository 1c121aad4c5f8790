import type { MiddlewareObj } from '@middy/core';
import { unexpectedErrorFields } from './error-fields.ts';
import type { Log } from './log.ts';

/** Logs what the function throws, and answers `response` in its place. */
export const unexpectedErrors = (log: Log, response: object): MiddlewareObj => ({
  onError(request) {
    log.error('unexpected error caught', unexpectedErrorFields(request.error));
    request.response = response;
  },
});
