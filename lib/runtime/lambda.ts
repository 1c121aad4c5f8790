import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { memoizeAsync } from './lazy.ts';

/** A function as Lambda invokes it. */
export type LambdaFunction<Event, Result> = (event: Event, context: Context) => Promise<Result>;

/**
 * The start of a function's list of middlewares. Without middy's early time-out: the relay has deadlines of its own.
 */
export const lambda = <Event>() => middy<Event>({ timeoutEarlyInMillis: 0 });

/**
 * Creates the function while Lambda initializes its environment, before there is a request that waits and with more
 * processor than later; elsewhere at the first invocation, so that importing a handler needs no settings. `onError`
 * answers while it cannot be created, and what it throws; the next invocation tries again.
 */
export async function createOnInitialization<Event, Result>(
  create: () => Promise<LambdaFunction<Event, Result>>,
  onError: (error: unknown) => Result,
): Promise<LambdaFunction<Event, Result>> {
  const getFunction = memoizeAsync(create);
  // What fails here fails again in the first invocation, which says so, or is over by then.
  if (process.env['AWS_LAMBDA_FUNCTION_NAME']) await getFunction().catch(() => undefined);
  return async (event, context) => {
    try {
      return await (await getFunction())(event, context);
    } catch (error) {
      return onError(error);
    }
  };
}
