import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { readLocalConfig } from '../../lib/local/local-config.ts';
import { startRelay } from '../../lib/local/relay.ts';
import { findChromium } from '../support/chromium.ts';
import { recordingLog } from '../support/log.ts';

/** Where the pictures of the whole page go. */
const DIRECTORY = 'screenshots';

/** Of some, the docs show a part: what is in these elements together. */
const DOCS_DIRECTORY = join('docs', 'pictures');
const IN_DOCS: Readonly<Record<string, readonly string[]>> = {
  burst: ['header', '.flow', '.row.controls'],
  paused: ['header', '.flow', '.row.controls'],
  'dead-letters': ['.row.results'],
};
const DOCS_MARGIN = 12;

const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

type Picture = {
  name: string;
  options?: BrowserContextOptions;
  /** Brings the page into the state that is to be seen. */
  prepare(page: Page): Promise<void>;
};

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const turnOn = (page: Page, name: string) => page.getByRole('switch', { name }).click();
const closeGuide = (page: Page) => press(page, 'Close the introduction');

async function burst(page: Page): Promise<void> {
  await closeGuide(page);
  await press(page, '10,000');
  // In the middle of it: a few thousand are delivered.
  await page
    .getByTestId('delivered')
    .filter({ hasText: /^[3-9],/ })
    .waitFor();
  await page.getByRole('region', { name: 'The list of events' }).getByRole('button').first().click();
  await page.getByText('came by POST /segment').waitFor();
}

async function deliverThousand(page: Page): Promise<void> {
  await closeGuide(page);
  await press(page, '1,000');
  await page
    .getByTestId('delivered')
    .filter({ hasText: /^1,000$/ })
    .waitFor();
}

async function outage(page: Page): Promise<void> {
  await deliverThousand(page);
  await turnOn(page, 'Server error');
  await press(page, '1,000');
  await page
    .getByTestId('status')
    .filter({ hasText: /Paused/ })
    .waitFor();
  await page
    .getByTestId('accepted')
    .filter({ hasText: /^2,000$/ })
    .waitFor();
}

async function refusedAttribute(page: Page): Promise<void> {
  await deliverThousand(page);
  await turnOn(page, 'Refuses an attribute');
  await press(page, '40, of which 8 have a coupon');
  await page.getByText('8 × rejected').waitFor();
  await press(page, 'Dry run');
  await page.getByText('8 would be replayed').waitFor();
  await page.getByRole('button', { name: 'Dead letters', exact: true }).click();
  await page.getByRole('region', { name: 'The list of events' }).getByRole('button').first().click();
  await page.getByText('became a dead letter').waitFor();
}

const PICTURES: readonly Picture[] = [
  { name: 'rest', prepare: async () => undefined },
  { name: 'burst', prepare: burst },
  { name: 'paused', prepare: outage },
  { name: 'dead-letters', prepare: refusedAttribute },
  {
    name: 'journey',
    async prepare(page) {
      await closeGuide(page);
      for (const name of ['Identify', 'Page', 'Group', 'Audience', 'Screen', 'Track'])
        await press(page, name);
      await page.getByTestId('delivered').filter({ hasText: /^5$/ }).waitFor();
      await page.getByRole('region', { name: 'The list of events' }).getByRole('button').first().click();
      await page.getByText('came by POST /segment').waitFor();
    },
  },
  { name: 'dark', options: { colorScheme: 'dark' }, prepare: burst },
  { name: 'phone', options: { viewport: PHONE, deviceScaleFactor: 2 }, prepare: outage },
];

/** The part of the page that these elements cover together, over its whole width. */
async function findArea(page: Page, selectors: readonly string[]) {
  await page.evaluate('window.scrollTo(0, 0)');
  const boxes = await Promise.all(selectors.map((selector) => page.locator(selector).boundingBox()));
  const tops = boxes.map((box) => box?.y ?? 0);
  const bottoms = boxes.map((box) => (box ? box.y + box.height : 0));
  const y = Math.max(0, Math.min(...tops) - DOCS_MARGIN);
  return { x: 0, y, width: DESKTOP.width, height: Math.max(...bottoms) + DOCS_MARGIN - y };
}

mkdirSync(DIRECTORY, { recursive: true });
mkdirSync(DOCS_DIRECTORY, { recursive: true });
const browser = await chromium.launch(await findChromium());
for (const { name, options, prepare } of PICTURES) {
  // A relay of its own for each, at the real quota.
  const relay = await startRelay({
    config: readLocalConfig({ PORT: '0' }, () => 'made-up'),
    log: recordingLog(),
  });
  const context = await browser.newContext({ locale: 'en-US', viewport: DESKTOP, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(relay.url);
  await page.getByTestId('status').getByText('Ready').waitFor();
  await prepare(page);
  const file = join(DIRECTORY, `${name}.png`);
  await page.screenshot({ path: file, fullPage: true });
  const parts = IN_DOCS[name];
  if (parts) {
    const path = join(DOCS_DIRECTORY, `${name}.png`);
    await page.screenshot({ path, fullPage: true, clip: await findArea(page, parts) });
  }
  process.stdout.write(`${file}\n`);
  await context.close();
  await relay.stop();
}
await browser.close();
