import { describe, expect, test } from '@jest/globals';
import { longNames, oversizedEvents } from '../../support/attacks.ts';
import { measureCpuMs } from '../../support/cpu-time.ts';
import { startTestIngest } from '../../support/ingest.ts';
import { startRelayProcess } from '../../support/relay-process.ts';
import { until } from '../../support/until.ts';

let made = 0;
const plainEvent = () => ({ type: 'track', userId: 'u', event: 'Fine', messageId: `plain ${++made}` });

describe('what would become megabytes of attributes is a dead letter before it is built', () => {
  test.each(Object.entries(oversizedEvents))('%s', async (_, events) => {
    const { post, deadLetters } = await startTestIngest();
    const postPlain = async () => expect((await post([plainEvent()])).status).toBe(200);
    const plainMs = await measureCpuMs(60, postPlain);

    let response: Response | undefined;
    const attackMs = await measureCpuMs(1, async () => {
      response = await post(events);
    });
    expect(await response?.json()).toMatchObject({
      accepted: 0,
      deadLetteredBecause: { too_large: events.length },
    });
    // To read 30 KB costs a few plain events; to build what they would become cost a thousand.
    expect(attackMs / events.length).toBeLessThan(100 * plainMs);
    const stored = await deadLetters();
    expect(stored.map(({ body }) => body).sort()).toEqual(
      events.map((event) => JSON.stringify(event)).sort(),
    );
  });
});

test.each(Object.entries(longNames))('%s costs no more than its length', async (_, event) => {
  const { post } = await startTestIngest();
  const postPlain = async () => expect((await post([plainEvent()])).status).toBe(200);
  const plainMs = await measureCpuMs(60, postPlain);
  const attackMs = await measureCpuMs(1, async () => expect((await post([event])).status).toBe(200));
  expect(attackMs).toBeLessThan(100 * plainMs);
});

test('a relay with the memory of the deployed worker survives them, and delivers their neighbours', async () => {
  const relay = await startRelayProcess({ INGEST_TOKENS: 'a-token', RATE_LIMIT_REQUESTS: '100000' }, 400);
  const post = (events: unknown) =>
    fetch(`${relay.url}/segment`, {
      method: 'POST',
      headers: { authorization: 'Bearer a-token' },
      body: JSON.stringify(events),
    });
  const attacks = [...Object.values(oversizedEvents), ...Object.values(longNames).map((event) => [event])];
  for (const [number, events] of attacks.entries()) {
    const neighbour = { ...plainEvent(), messageId: `neighbour ${number}`, userId: `neighbour ${number}` };
    const [attack] = await Promise.all([post([...events, neighbour]), post(events)]);
    expect(attack?.status).toBe(200);
    await until('the neighbour is delivered', async () =>
      (await (await fetch(`${relay.url}/local/salesmachine`)).text()).includes(`"neighbour ${number}"`),
    );
  }
  expect(relay.isAlive()).toBe(true);
});
