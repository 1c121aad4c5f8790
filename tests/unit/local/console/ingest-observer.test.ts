import { expect, test } from '@jest/globals';
import { createLambdaContext } from '../../../../lib/local/aws/lambda-context.ts';
import { createEventRing } from '../../../../lib/local/console/event-ring.ts';
import { createIngestObserver } from '../../../../lib/local/console/ingest-observer.ts';
import { createHttpEvent } from '../../../support/http-event.ts';
import { DEFAULT_MAPPING } from '../../../support/mapping-settings.ts';
import { createVirtualTime } from '../../../support/virtual-time.ts';

const time = createVirtualTime();
const context = createLambdaContext('ingest', 8_000, time);
const screen = '{"type":"screen","userId":"7"}';

test.each([
  ['signed', { 'x-signature': 'secret-signature' }],
  ['with a token', { authorization: 'Bearer secret-token' }],
  ['without a credential', {}],
])('an event came %s, whatever the credential is', async (credential, headers: Record<string, string>) => {
  const events = createEventRing();
  const observer = createIngestObserver(events, DEFAULT_MAPPING, time.now);
  const ingest = observer.observe(async () => ({
    statusCode: 200,
    body: '{"accepted":0,"deadLettered":2,"skipped":1}',
  }));
  await ingest(createHttpEvent(screen, headers), context);
  const [record] = events.changedSince(0);
  expect(record).toMatchObject({ body: screen, state: 'skipped', detail: 'screen' });
  expect(record?.source).toMatchObject({
    route: 'POST /segment',
    credential,
    answer: { status: 200 },
  });
  expect(JSON.stringify(record)).not.toContain('secret');
  expect(observer.unusableCount()).toBe(2);
});

test('the time of an answer is a mean, on which a single slow one has little effect', async () => {
  let now = 0;
  const observer = createIngestObserver(createEventRing(), DEFAULT_MAPPING, () => now);
  const answerIn = (ms: number) =>
    observer.observe(async () => {
      now += ms;
      return { statusCode: 503 };
    })(createHttpEvent(screen, {}), context);
  expect(observer.meanMs()).toBeNull();
  await answerIn(10);
  await answerIn(210);
  expect(observer.meanMs()).toBe(20);
});
