import { expect, test } from '@jest/globals';
import { readPage } from './pages.ts';
import { README_SETTINGS, runSamples, SAMPLE_PAGES, withoutVolatile } from './samples.ts';

test.each(SAMPLE_PAGES)('the commands of %s print what it shows', async (path) => {
  const { text } = readPage(path);
  // With the README's quota the search for the bad events takes 20 s.
  const settings = { ...README_SETTINGS, RATE_LIMIT_REQUESTS: '30000' };
  expect(withoutVolatile(await runSamples(text, settings))).toBe(withoutVolatile(text));
});

test('the README says with which token it starts the relay', () => {
  expect(readPage('README.md').text).toContain(`INGEST_TOKENS=${README_SETTINGS.INGEST_TOKENS} npm start`);
});
