import { expect, test } from '@jest/globals';
import { sendText } from '../../../../lib/local/console/post-events.ts';
import { json, listen } from '../../../../lib/local/http-server.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { patientClock } from '../../../support/patient-clock.ts';

test('the page sends no more batches once one is refused, and is told why', async () => {
  const answers = [json(200, { accepted: 100, deadLettered: 0, skipped: 0 }), json(401, { message: 'no' })];
  let requests = 0;
  const relay = await listen(async () => answers[requests++] ?? json(500, {}));
  const events = Array.from({ length: 350 }, (_, user) => ({ type: 'track', event: 'E', userId: `${user}` }));
  const report = await sendText(JSON.stringify(events), {
    target: () => ({ url: relay.url, secret: 's' }),
    clock: patientClock,
    random: systemRandom,
    signal: new AbortController().signal,
  });
  await relay.stop();
  expect(report).toEqual({ accepted: 100, deadLettered: 0, skipped: 0, error: expect.stringMatching(/401/) });
  expect(requests).toBe(2);
});
