import { expect, test } from '@jest/globals';
import { withRequestCounter } from '../../../lib/local/with-counters.ts';
import type { ApiResult } from '../../../lib/salesmachine/client.ts';
import { createResponse, fakeSalesmachine, OK, runToEnd } from '../../support/delivery.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

test('requests and answers of 429 are counted, and the last answer is timed', async () => {
  const time = createVirtualTime();
  const answers: ApiResult[] = [
    OK,
    createResponse(429),
    { kind: 'failure', mayHaveBeenSent: true, code: 'TIMEOUT' },
  ];
  const fake = fakeSalesmachine(time, (_, index) => answers[index] ?? OK, 2_000);
  const salesmachine = withRequestCounter(fake, time);
  expect(salesmachine.lastRequestMs()).toBeNull();
  for (let index = 0; index < answers.length; index += 1)
    await runToEnd(time, salesmachine.post('/v1/batch', '[]'));
  expect(salesmachine.counts()).toEqual({ requests: 3, throttled: 1 });
  expect(salesmachine.lastRequestMs()).toBe(2_000);
});
