import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from 'aws-lambda';
import type { LogFields } from './log-fields.ts';

type Invocation = Required<Pick<LogFields, 'requestId' | 'lane'>>;

const storage = new AsyncLocalStorage<Invocation>();

/** The same function; the lines that are logged while it runs bear the ids of its invocation. */
export function withInvocation<Event, Result>(
  run: (event: Event, context: Context) => Promise<Result>,
): (event: Event, context: Context) => Promise<Result> {
  return (event, context) => {
    // Lambda gives each of a function's instances a log stream of its own, and each instance of the worker is a lane.
    const lane = context.logStreamName.slice(-8);
    return storage.run({ requestId: context.awsRequestId, lane }, () => run(event, context));
  };
}

/** Which invocation this is; outside of one, nothing. */
export const getInvocation = (): Partial<Invocation> => storage.getStore() ?? {};
