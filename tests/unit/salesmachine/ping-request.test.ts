import { expect, test } from '@jest/globals';
import type { Context, SQSEvent } from 'aws-lambda';
import { createLambdaContext } from '../../../lib/local/aws/lambda-context.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { lambda } from '../../../lib/runtime/lambda.ts';
import type { SalesmachinePath } from '../../../lib/salesmachine/client.ts';
import { pingRequest } from '../../../lib/salesmachine/ping-request.ts';
import { sqsBatch } from '../../../lib/sqs/sqs-batch.ts';

function createPing() {
  const paths: SalesmachinePath[] = [];
  const post = async (path: SalesmachinePath) => {
    paths.push(path);
    return { kind: 'response', status: 401, headers: {}, body: '{}' } as const;
  };
  return { paths, middleware: pingRequest({ post }, systemClock.now) };
}

/** What a function answers to an event that need not be one of its own. */
const invoke = async (run: (event: never, context: Context) => unknown, event: unknown): Promise<unknown> =>
  Reflect.apply(run, undefined, [event, createLambdaContext('worker', 1_000, systemClock)]);

const createWorker = (middleware: ReturnType<typeof pingRequest>) =>
  lambda<SQSEvent>()
    .use(middleware)
    .use(sqsBatch())
    .handler(async () => new Set());

test('an operator who asks for a ping gets its result, and no batch is delivered', async () => {
  const { paths, middleware } = createPing();
  const result = await invoke(createWorker(middleware), { ping: true });
  expect(result).toMatchObject({ outcome: 'credential', status: 401 });
  expect(paths).toEqual(['/v1/ping']);
});

test('a batch is delivered without a ping', async () => {
  const { paths, middleware } = createPing();
  expect(await invoke(createWorker(middleware), { Records: [] })).toEqual({ batchItemFailures: [] });
  expect(paths).toEqual([]);
});

test.each([[{ ping: 'true' }], [{ ping: false }], [{ pong: true }], ['ping'], [null], [7]])(
  '%j is no request for a ping: the function itself deals with it',
  async (event) => {
    const { paths, middleware } = createPing();
    const run = lambda<unknown>()
      .use(middleware)
      .handler(async (received) => ({ received }));
    expect(await invoke(run, event)).toEqual({ received: event });
    expect(paths).toEqual([]);
  },
);
