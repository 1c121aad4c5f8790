import { expect, test } from '@jest/globals';
import { listen, readBody } from '../../lib/local/http-server.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { isObject } from '../../lib/runtime/json.ts';
import { startTestRelay } from '../support/relay.ts';
import { runRelayProgram } from '../support/relay-program.ts';

const credential = (url: string) => ({
  SALESMACHINE_URL: url,
  SALESMACHINE_API_TOKEN: 'made-up',
  SALESMACHINE_API_SECRET: 'made-up',
});

/** Without its pauses between requests. */
const run = (args: string[], env: Record<string, string>) =>
  runRelayProgram(args, env, { clock: { ...systemClock, sleep: async () => undefined } });

type Variant = { path: string; items: unknown[]; bytes: number };

/** A Salesmachine that answers by a rule; it remembers the requests. */
async function probe(answer: (variant: Variant) => number, headers: Record<string, string> = {}) {
  const requests: Variant[] = [];
  const server = await listen(async (request) => {
    const body = (await readBody(request, 10_000_000)) ?? Buffer.alloc(0);
    const variant = { path: request.url ?? '', items: [JSON.parse(`${body}`)].flat(), bytes: body.length };
    requests.push(variant);
    return { status: answer(variant), headers, body: '{}' };
  });
  const { stdout, code } = await run(['probe', '--yes', '--json'], credential(server.url));
  await server.stop();
  const report = JSON.parse(stdout);
  const answers = new Map<string, string>(
    report.findings.map(({ question, answer: found }: { question: string; answer: string }) => [
      question,
      found,
    ]),
  );
  const settings = report.findings.flatMap(({ setting }: { setting?: string }) => setting ?? []);
  return { requests, report, answers, settings, code };
}

const methodsOf = ({ items }: Variant) =>
  items.flatMap((item) => (isObject(item) && typeof item['method'] === 'string' ? [item['method']] : []));

test('an API that knows the alias call in a batch only, takes 500 KB and 100 items, and refuses what it does not know', async () => {
  const known = new Set(['contact', 'alias']);
  const { answers, settings, requests, code } = await probe(
    (variant) => {
      const { path, items, bytes } = variant;
      if (path === '/v1/ping') return 200;
      if (path !== '/v1/batch') return 404;
      if (bytes > 600_000) return 413;
      if (items.length > 100 || methodsOf(variant).some((method) => !known.has(method))) return 422;
      return items.every((item) => isObject(item) && item['contact_uid']) ? 201 : 400;
    },
    { 'x-ratelimit-remaining': '899' },
  );
  expect(code).toBe(0);
  expect(Object.fromEntries(answers)).toMatchObject({
    'rate headers on a success': 'x-ratelimit-remaining',
    'an item of an unknown method': 'refused (422)',
    'alias as POST /v1/alias': '404',
    'alias as method alias in a batch': '201',
    'the alias call to use': 'method alias in a batch',
    'a batch of 101 items': '422',
    'a batch of about 500 KB': '201',
    'a batch of about 750 KB': '413',
    'a batch with one item that lacks its contact_uid': expect.stringMatching(/^400; look in Salesmachine/),
  });
  expect(answers.has('a batch of about 1000 KB')).toBe(false);
  expect(settings).toEqual(['ALIAS=batch']);
  expect(requests.length).toBeLessThanOrEqual(30);
});

test('an API that accepts every batch proves nothing about aliases in it', async () => {
  const { answers, settings } = await probe(({ path }) =>
    path === '/v1/ping' || path === '/v1/batch' ? 201 : 404,
  );
  expect(answers.get('alias as method alias in a batch')).toBe('201, but so is any unknown method');
  expect(answers.get('rate headers on a success')).toBe('none');
  expect(settings).toEqual(['ALIAS=off']);
});

test('a 429 ends it at once', async () => {
  const { report, requests, code } = await probe(({ path }) => (path === '/v1/ping' ? 200 : 429));
  expect(code).toBe(1);
  expect(report).toMatchObject({ stopped: 'Salesmachine answered 429: the quota is used up', findings: [] });
  expect(requests).toHaveLength(2);
});

test('with the fake, it says what to set, and marks what it creates', async () => {
  const relay = await startTestRelay();
  const { stdout, code } = await run(['probe', '--yes'], credential(relay.salesmachineUrl));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Set: ALIAS=single$/m);
  expect(stdout).toMatch(/^Then delete the contacts whose ids begin with relay-probe-\w+\.$/m);
  expect(stdout).not.toContain('made-up');
  const uids = Object.keys(relay.fakeSalesmachine?.state().contacts ?? {});
  expect(uids.length).toBeGreaterThan(0);
  for (const uid of uids) expect(uid).toMatch(/^relay-probe-/);
});

test('it asks first, and without a terminal or a good credential it sends nothing further', async () => {
  const relay = await startTestRelay();
  const env = credential(relay.salesmachineUrl);
  expect(await run(['probe'], env)).toMatchObject({
    stderr: expect.stringContaining('There is no terminal to ask on: add --yes'),
    code: 2,
  });
  const wrong = { ...env, SALESMACHINE_API_SECRET: 'wrong' };
  expect(await run(['probe', '--yes'], wrong)).toMatchObject({
    stderr: expect.stringContaining('a ping is answered 401: see relay ping'),
    code: 2,
  });
});
