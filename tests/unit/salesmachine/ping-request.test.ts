import { expect, test } from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import { createLambdaContext } from '../../../lib/local/aws/lambda-context.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { lambda } from '../../../lib/runtime/lambda.ts';
import type { SalesmachinePath } from '../../../lib/salesmachine/client.ts';
import { pingRequest } from '../../../lib/salesmachine/ping-request.ts';
import { sqsBatch } from '../../../lib/sqs/sqs-batch.ts';

function createFunction() {
  const paths: SalesmachinePath[] = [];
  const post = async (path: SalesmachinePath) => {
    paths.push(path);
    return { kind: 'response', status: 401, headers: {}, body: '{}' } as const;
  };
  const run = lambda<SQSEvent>()
    .use(pingRequest({ post }, systemClock.now))
    .use(sqsBatch())
    .handler(async () => new Set());
  const context = createLambdaContext('worker', 1_000, systemClock);
  return {
    paths,
    invoke: async (event: unknown): Promise<unknown> => Reflect.apply(run, undefined, [event, context]),
  };
}

test('an operator who asks for a ping gets its result, and no batch is delivered', async () => {
  const { paths, invoke } = createFunction();
  expect(await invoke({ ping: true })).toMatchObject({ outcome: 'credential', status: 401 });
  expect(paths).toEqual(['/v1/ping']);
});

test('a batch is delivered without a ping', async () => {
  const { paths, invoke } = createFunction();
  expect(await invoke({ Records: [] })).toEqual({ batchItemFailures: [] });
  expect(paths).toEqual([]);
});

test.each([[{ ping: 'true' }], [{ ping: false }], [{ pong: true }], ['ping'], [null], [7]])(
  '%j is no request for a ping',
  async (event) => {
    const { paths, invoke } = createFunction();
    await invoke(event).catch(() => undefined);
    expect(paths).toEqual([]);
  },
);
