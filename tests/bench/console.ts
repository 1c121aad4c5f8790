import { type Browser, chromium, type Page } from 'playwright-core';
import { findChromium } from '../support/chromium.ts';
import type { BenchResult } from './bench.ts';
import { type LocalRelay, startLocalRelay } from './local-relay.ts';
import { summarize } from './ratio.ts';

const STARTS = 5;
const TIMEOUT_MS = 300_000;

/** How soon the console is there once the relay listens, and what its page holds after a burst. */
export async function benchConsole(): Promise<BenchResult> {
  const browser = await chromium.launch(await findChromium());
  try {
    const readyMs: number[] = [];
    for (let start = 0; start < STARTS; start += 1) {
      readyMs.push(await withPage(browser, async (_, ms) => ms));
    }
    const heapMb = await withPage(browser, measureHeapAfterBurst);
    return {
      rows: [
        {
          figure: 'console: from listening to a page that is ready',
          ...summarize(readyMs, 'ms'),
          goal: { atMost: 2_000 },
        },
        { figure: 'console: heap of the page after 10,000 events', value: heapMb, unit: 'MB' },
      ],
    };
  } finally {
    await browser.close();
  }
}

/** A relay of its own, and its page, which was ready after so many milliseconds. */
async function withPage<T>(browser: Browser, use: (page: Page, readyMs: number) => Promise<T>): Promise<T> {
  const relay: LocalRelay = await startLocalRelay();
  const listensAt = performance.now();
  const page = await browser.newPage({ locale: 'en-US' });
  try {
    page.setDefaultTimeout(TIMEOUT_MS);
    await page.goto(relay.url);
    await page.getByTestId('status').getByText('Ready').waitFor();
    return await use(page, performance.now() - listensAt);
  } finally {
    await page.close();
    await relay.stop();
  }
}

async function measureHeapAfterBurst(page: Page): Promise<number> {
  await page.getByRole('button', { name: '10,000', exact: true }).click();
  await page.getByTestId('delivered').filter({ hasText: '10,000' }).waitFor();
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1_000_000;
}
