import { AsyncLocalStorage } from 'node:async_hooks';
import type { LambdaFunction } from './lambda.ts';

type Invocation = { requestId: string; lane: string };

const storage = new AsyncLocalStorage<Invocation>();

/**
 * The same function; the lines that are logged while it runs bear the ids of its invocation. It wraps the middlewares
 * instead of being one, because a hook cannot end the context that it began.
 */
export function withInvocation<Event, Result>(
  run: LambdaFunction<Event, Result>,
): LambdaFunction<Event, Result> {
  return (event, context) => {
    // Lambda gives each of a function's instances a log stream of its own, and each instance of the worker is a lane.
    const lane = context.logStreamName.slice(-8);
    return storage.run({ requestId: context.awsRequestId, lane }, () => run(event, context));
  };
}

/** Which invocation this is; outside of one, nothing. */
export const getInvocation = (): Partial<Invocation> => storage.getStore() ?? {};
