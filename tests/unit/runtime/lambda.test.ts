import { afterEach, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { createLambdaContext } from '../../../lib/local/aws/lambda-context.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { createOnInitialization } from '../../../lib/runtime/lambda.ts';

afterEach(() => {
  delete process.env['AWS_LAMBDA_FUNCTION_NAME'];
});

const context: Context = createLambdaContext('ingest', 8_000, systemClock);

/** A function that cannot be created for the first `failures` times. */
function setUp(failures = 0) {
  let created = 0;
  const handler = createOnInitialization<string, string>(
    async () => {
      created += 1;
      if (created <= failures) throw new Error('no secrets');
      return async (event) => `handled ${event}`;
    },
    () => 'try again',
  );
  return { handler, created: () => created };
}

test('on Lambda a function is created before its first invocation, and once', async () => {
  process.env['AWS_LAMBDA_FUNCTION_NAME'] = 'relay-ingest';
  const { handler, created } = setUp();
  const run = await handler;
  expect(created()).toBe(1);
  expect(await run('a', context)).toBe('handled a');
  expect(await run('b', context)).toBe('handled b');
  expect(created()).toBe(1);
});

test('elsewhere it is created by its first invocation', async () => {
  const { handler, created } = setUp();
  const run = await handler;
  expect(created()).toBe(0);
  expect(await run('a', context)).toBe('handled a');
  expect(created()).toBe(1);
});

test('one that cannot be created on Lambda is created by an invocation, which answers the error until then', async () => {
  process.env['AWS_LAMBDA_FUNCTION_NAME'] = 'relay-ingest';
  const { handler } = setUp(2);
  const run = await handler;
  expect(await run('a', context)).toBe('try again');
  expect(await run('b', context)).toBe('handled b');
});

test('an invocation that fails is answered, too', async () => {
  const run = await createOnInitialization<string, string>(
    async () => async () => {
      throw new Error('a bug');
    },
    (error) => `answered ${error}`,
  );
  expect(await run('a', context)).toBe('answered Error: a bug');
});
