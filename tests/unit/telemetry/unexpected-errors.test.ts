import { expect, test } from '@jest/globals';
import { createLambdaContext } from '../../../lib/local/aws/lambda-context.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { lambda } from '../../../lib/runtime/lambda.ts';
import { unexpectedErrors } from '../../../lib/telemetry/unexpected-errors.ts';
import { recordingLog } from '../../support/log.ts';

test('what a function throws is answered as it was told, and logged by its class and its place, without its message', async () => {
  const log = recordingLog();
  const run = lambda<string>()
    .use(unexpectedErrors(log, { statusCode: 503 }))
    .handler<string, object>(() => {
      throw new TypeError('anna@example.com');
    });
  const context = createLambdaContext('ingest', 8_000, systemClock);
  expect(await run('event', context)).toEqual({ statusCode: 503 });
  expect(log.lines).toEqual([
    {
      level: 'error',
      message: 'unexpected error caught',
      fields: { error: 'TypeError', stack: expect.any(Array) },
    },
  ]);
});
