import { afterEach, expect, test } from '@jest/globals';
import { createProbeClient } from '../../../../lib/cli/probe/probe-client.ts';
import { type LocalServer, listen } from '../../../../lib/local/http-server.ts';
import { patientClock } from '../../../support/patient-clock.ts';

let server: LocalServer | undefined;

afterEach(() => server?.stop());

test('a probe that is interrupted sends nothing more', async () => {
  const settings = { url: 'http://127.0.0.1:1', token: 't', secret: 's' };
  const client = createProbeClient(settings, { clock: patientClock }, AbortSignal.abort());
  await expect(client.post('/v1/batch', [])).rejects.toThrow('it was interrupted');
  expect(client.requests()).toBe(0);
});

test('a probe spends 30 requests of the quota at most, two a second', async () => {
  let requests = 0;
  server = await listen(async () => {
    requests += 1;
    return { status: 201, body: '{}' };
  });
  let now = 0;
  const clock = {
    now: () => now,
    async sleep(ms: number) {
      now += ms;
    },
  };
  const settings = { url: server.url, token: 't', secret: 's' };
  const client = createProbeClient(settings, { clock }, new AbortController().signal);
  for (let request = 0; request < 30; request++) await client.post('/v1/batch', []);
  await expect(client.post('/v1/batch', [])).rejects.toThrow('30 requests were sent');
  expect([requests, client.requests()]).toEqual([30, 30]);
  expect(now / 1_000).toBe(14.5);
});
