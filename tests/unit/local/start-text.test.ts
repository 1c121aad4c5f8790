import { expect, test } from '@jest/globals';
import { readLocalConfig } from '../../../lib/local/local-config.ts';
import { formatStartText } from '../../../lib/local/start-text.ts';

const urls = { relay: 'http://127.0.0.1:3000', salesmachine: 'http://127.0.0.1:4000' };

function textFor(env: Record<string, string>) {
  let made = 0;
  return formatStartText(
    readLocalConfig(env, () => `made-up-${++made}`),
    urls,
  );
}

test('all that was made up is shown, and the curl line has the token', () => {
  const text = textFor({});
  for (const number of [1, 2, 3, 4]) expect(text).toContain(`made-up-${number}\n`);
  expect(text).toContain("-H 'Authorization: Bearer made-up-2'");
});

test('the page comes first, before any secret', () => {
  expect(textFor({})).toMatch(/^Open http:\/\/127\.0\.0\.1:3000 /);
});

test('a configured secret is not shown: the curl line is signed with it', () => {
  const text = textFor({ SEGMENT_SHARED_SECRETS: 'hush,hush-hush', SALESMACHINE_API_SECRET: 'psst' });
  expect(text).not.toMatch(/hush|psst/);
  expect(text).toMatch(/-H 'X-Signature: [0-9a-f]{40}'/);
  expect(text).not.toContain('Authorization');
});

test('a configured token is not shown: the curl line says where it goes', () => {
  const text = textFor({ INGEST_TOKENS: 'hush' });
  expect(text).not.toContain('hush');
  expect(text).toContain('Bearer <one of INGEST_TOKENS>');
});

test('where both are demanded, the curl line has both', () => {
  const text = textFor({ SEGMENT_SHARED_SECRETS: 'hush', INGEST_TOKENS: 'psst', REQUIRE_BOTH: 'true' });
  expect(text).toMatch(/X-Signature: .*Authorization: /);
});

test('where everybody may come in, the curl line needs nothing', () => {
  const text = textFor({ INGEST_OPEN: 'true' });
  expect(text).not.toMatch(/X-Signature|Authorization/);
});

test('without a fake, what it holds is not offered', () => {
  const text = textFor({
    SALESMACHINE_URL: urls.salesmachine,
    SALESMACHINE_API_TOKEN: 'hush',
    SALESMACHINE_API_SECRET: 'psst',
  });
  expect(text).not.toMatch(/local\/salesmachine|a fake|hush|psst/);
  expect(text).toContain(urls.salesmachine);
});
