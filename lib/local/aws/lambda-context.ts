import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import type { Clock } from '../../runtime/clock.ts';

const throwUnsupported = () => {
  throw new Error('The callbacks of old Node.js runtimes do not exist here: return a promise instead.');
};

/** What Lambda tells a function about its invocation. */
export function createLambdaContext(
  functionName: string,
  timeoutMs: number,
  clock: Clock,
  logStreamName = 'local',
): Context {
  const deadline = clock.now() + timeoutMs;
  return {
    awsRequestId: randomUUID(),
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName,
    memoryLimitInMB: '256',
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, deadline - clock.now()),
    done: throwUnsupported,
    fail: throwUnsupported,
    succeed: throwUnsupported,
  };
}
