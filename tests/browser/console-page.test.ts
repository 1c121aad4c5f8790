import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { openConsole, useBrowser, waitForText } from '../support/console-page.ts';

useBrowser();

/** What axe-core finds that is serious: rule and element. */
async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8'));
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
}

describe('the page', () => {
  test('explains itself before there is an event, and can be used without a mouse', async () => {
    const { page } = await openConsole();
    await page.getByRole('heading', { name: 'Every event arrives, however Salesmachine behaves' }).waitFor();
    await page.getByText('No event yet: send one above.').waitFor();
    await page.getByRole('button', { name: 'Send 1,000 events' }).focus();
    await page.keyboard.press('Enter');
    await waitForText(page, 'delivered', '1,000');
    await page.getByRole('region', { name: 'The list of events' }).getByRole('button').first().focus();
    await page.keyboard.press('Space');
    await page.getByText('came by POST /segment').waitFor();
  });

  test('allows nothing but its own script and style, and no other page to frame it', async () => {
    const { relay } = await openConsole();
    const policy = (await fetch(relay.url)).headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  test.each(['light', 'dark'] as const)(
    'has no serious barrier to assistive technology, %s',
    async (colorScheme) => {
      const { page } = await openConsole({}, { colorScheme, bypassCSP: true });
      await page.getByRole('switch', { name: 'Refuses an attribute' }).click();
      await page.getByRole('button', { name: '40, of which 8 have a coupon' }).click();
      await page.getByText('8 × rejected').waitFor();
      await page.getByRole('region', { name: 'The list of events' }).getByRole('button').first().click();
      await page.getByText('came by POST /segment').waitFor();
      expect(await findBarriers(page)).toEqual([]);
    },
  );

  test('fits a phone', async () => {
    const { page } = await openConsole({}, { viewport: { width: 390, height: 844 } });
    await page.getByRole('button', { name: 'Send 1,000 events' }).click();
    await waitForText(page, 'delivered', '1,000');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });

  test('says what it cannot know of a Salesmachine elsewhere', async () => {
    const { page } = await openConsole({
      SALESMACHINE_URL: 'http://127.0.0.1:9',
      SALESMACHINE_API_TOKEN: 'token',
      SALESMACHINE_API_SECRET: 'secret',
    });
    await page.getByText('Start it without that setting to practise with the fake.').waitFor();
    await page.getByText('What a Salesmachine elsewhere holds is not known here.').waitFor();
    expect(await page.getByRole('switch').count()).toBe(0);
  });
});

const hostile = {
  script:
    '<script>document.title = "taken over"</script><img src=x onerror="document.title = \'taken over\'">',
  long: 'x'.repeat(100_000),
  rightToLeft: '\u202eright to left\u202c שלום עולם',
  control: 'bell\u0007, escape\u001b[31m, null\u0000',
  emoji: '👩‍👩‍👧‍👦 🏳️‍🌈 z͑ͫ̓a̸l̴g̶o̷',
};

test('hostile content is shown as text, and breaks no layout', async () => {
  const { page, relay } = await openConsole();
  const title = await page.title();
  const list = page.getByRole('region', { name: 'The list of events' });
  for (const [name, text] of Object.entries(hostile)) {
    await relay.postSigned({
      type: 'track',
      messageId: `${name} ${text}`.slice(0, 90),
      userId: `${name} ${text}`.slice(0, 500),
      event: `${name} ${text}`.slice(0, 900),
      properties: { [text.slice(0, 100)]: text },
    });
    await list.getByRole('button', { name }).click();
    await page.getByRole('heading', { name: new RegExp(`^${name}`) }).waitFor();
    await page.getByText('came by POST /segment').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(1_440);
  }
  await waitForText(page, 'delivered', String(Object.keys(hostile).length));
  await page.getByRole('button', { name: 'As it came' }).click();
  await page.getByRole('button', { name: /Event types/ }).click();
  await page.getByRole('region', { name: 'What Salesmachine holds' }).getByRole('row').nth(5).waitFor();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(1_440);
  expect(await page.title()).toBe(title);
  expect(await page.locator('#app script, #app img').count()).toBe(0);
});
