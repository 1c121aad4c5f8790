import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Environment } from '../../lib/config/config.ts';
import { findChromium } from './chromium.ts';
import { beforeRelaysStop, startTestRelay, type TestRelay } from './relay.ts';

/** Slots come so fast that no test waits for one. */
const FAST = { RATE_LIMIT_REQUESTS: '100000' };

/** A browser on a busy machine is slow. */
const WAIT_MS = 120_000;

export type ConsolePage = { page: Page; relay: TestRelay };

/** What went wrong in the pages of the current test: each test fails at its end if there is anything. */
const problems: string[] = [];

let browser: Browser;

/** Opens a browser for the tests of a file, and checks after each that its pages were quiet and asked no other host. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({ ...(await findChromium()), timeout: WAIT_MS });
  });

  beforeRelaysStop(async () => {
    for (const context of browser.contexts()) await context.close();
  });

  afterEach(() => {
    expect(problems.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
  });
}

/** A relay and its console, open and connected. */
export async function openConsole(
  env: Environment = {},
  options: BrowserContextOptions = {},
): Promise<ConsolePage> {
  const relay = await startTestRelay({ ...FAST, ...env });
  return { page: await openPage(relay.url, options), relay };
}

/** The console that is served at a URL, open and connected. */
export async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    locale: 'en-US',
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      problems.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:'))
      problems.push(`another host was asked: ${request.url()}`);
  });
  await page.goto(url);
  await page.getByTestId('status').getByText('Ready').waitFor();
  return page;
}

/** Waits until an element has a text. */
export const waitForText = (page: Page, testId: string, text: string | RegExp): Promise<void> =>
  page.getByTestId(testId).filter({ hasText: text }).first().waitFor();
