import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import * as v from 'valibot';
import { findChromium } from '../support/chromium.ts';
import type { BenchResult } from './bench.ts';
import { type LocalRelay, startLocalRelay } from './local-relay.ts';
import { summarize } from './ratio.ts';

const STARTS = 5;
const TIMEOUT_MS = 300_000;

/** A task that takes longer is felt: for so long the page answers no click. */
const MAX_TASK_MS = 200;

/** How soon the console is there once the relay listens, and what a burst costs its page. */
export async function benchConsole(): Promise<BenchResult> {
  const browser = await chromium.launch(await findChromium());
  try {
    const readyMs: number[] = [];
    for (let start = 0; start < STARTS; start += 1) {
      readyMs.push(await withPage(browser, async (_, ms) => ms));
    }
    const burst = await withPage(browser, measureBurst);
    return {
      rows: [
        {
          figure: 'console: from listening to a page that is ready',
          ...summarize(readyMs, 'ms'),
          goal: { atMost: 2_000 },
        },
        { figure: 'console: heap of the page after 10,000 events', value: burst.heapMb, unit: 'MB' },
        {
          figure: 'console: longest task of the page meanwhile',
          value: burst.longestTaskMs,
          unit: 'ms',
          goal: { atMost: MAX_TASK_MS },
        },
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

async function measureBurst(page: Page): Promise<{ heapMb: number; longestTaskMs: number }> {
  const session = await page.context().newCDPSession(page);
  const stopTracing = await traceTasks(session);
  await page.getByRole('button', { name: '10,000', exact: true }).click();
  await page.getByTestId('delivered').filter({ hasText: '10,000' }).waitFor();
  const taskMs = await stopTracing();
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return { heapMb: usedSize / 1_000_000, longestTaskMs: Math.max(...taskMs) };
}

/** Chrome's trace: `tdur` is the processor time of a task, in microseconds. */
const traceSchema = v.array(v.object({ name: v.string(), tdur: v.optional(v.number(), 0) }));

/** Records the processor time of the browser's tasks, in milliseconds. */
async function traceTasks(session: CDPSession): Promise<() => Promise<number[]>> {
  const events: unknown[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value) events.push(event);
  });
  await session.send('Tracing.start', { traceConfig: { includedCategories: ['toplevel'] } });
  return async () => {
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await complete;
    return v
      .parse(traceSchema, events)
      .filter(({ name }) => name.endsWith('RunTask'))
      .map(({ tdur }) => tdur / 1_000);
  };
}
