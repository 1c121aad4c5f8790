import { expect, test } from '@jest/globals';
import type { CDPSession } from 'playwright-core';
import * as v from 'valibot';
import { openConsole, useBrowser, waitForText } from '../support/console-page.ts';

useBrowser();

/** A task that takes longer is felt: for so long the page answers no click. */
const MAX_TASK_MS = 200;

/** What the page may hold after ten thousand events: it keeps a thousand, and draws some of them. */
const MAX_ELEMENTS = 5_000;
const MAX_HEAP_BYTES = 30_000_000;

/** Chrome's trace: `tdur` is the processor time of a task, in microseconds. */
const traceSchema = v.array(v.object({ name: v.string(), tdur: v.optional(v.number(), 0) }));

/** Records the browser's tasks; what other programs of the machine take from it is not counted. */
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

test('a burst of 10,000 events leaves the page responsive, and bounded', async () => {
  const { page, relay } = await openConsole();
  const session = await page.context().newCDPSession(page);
  const stopTracing = await traceTasks(session);
  await page.getByRole('button', { name: '10,000', exact: true }).click();
  await waitForText(page, 'delivered', '10,000');
  await waitForText(page, 'balance', 'every event is accounted for');
  const taskMs = await stopTracing();
  expect(taskMs.length).toBeGreaterThan(1_000);
  expect(taskMs.some((ms) => ms > 0)).toBe(true);
  expect(taskMs.filter((ms) => ms > MAX_TASK_MS)).toEqual([]);

  expect(await page.getByRole('heading', { name: 'Events 1,000' }).count()).toBe(1);
  expect(await page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(MAX_ELEMENTS);
  await session.send('HeapProfiler.collectGarbage');
  expect((await session.send('Runtime.getHeapUsage')).usedSize).toBeLessThan(MAX_HEAP_BYTES);
  expect(await relay.state()).toMatchObject({ accepted: 10_000, delivered: 10_000, deadLettered: 0 });
});
