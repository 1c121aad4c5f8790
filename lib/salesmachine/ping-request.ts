import type { MiddlewareObj } from '@middy/core';
import { isObject } from '../runtime/json.ts';
import type { Salesmachine } from './client.ts';
import { pingSalesmachine } from './ping.ts';

/**
 * Answers an operator who invokes the function with `{"ping":true}`: `relay ping --stage` does so without the right to
 * read the credential. No event source sends such an event.
 */
export const pingRequest = (
  salesmachine: Pick<Salesmachine, 'post'>,
  now: () => number,
): MiddlewareObj<unknown, unknown> => ({
  before: async ({ event }) => (isPingRequest(event) ? pingSalesmachine(salesmachine, now) : undefined),
});

const isPingRequest = (event: unknown): boolean => isObject(event) && event['ping'] === true;
