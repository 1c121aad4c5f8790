import { expect, test } from '@jest/globals';
import { openConsole, useBrowser, waitForText } from '../support/console-page.ts';

useBrowser();

/** What the page may hold after ten thousand events: it keeps a thousand, and draws some of them. */
const MAX_ELEMENTS = 5_000;
const MAX_HEAP_BYTES = 30_000_000;

/** What the page hears at once is drawn at once: 500 events, for example. The rest is for what follows from it. */
const MAX_DRAWINGS_OF_A_SNAPSHOT = 10;

const COUNT_DRAWINGS = `
  window.drawings = 0;
  new MutationObserver(() => { window.drawings += 1; })
    .observe(document.body, { subtree: true, childList: true, characterData: true });
`;

test('a burst of 10,000 events is drawn snapshot by snapshot, and leaves the page bounded', async () => {
  const { page, relay } = await openConsole();
  const session = await page.context().newCDPSession(page);
  let snapshots = 0;
  session.on('Network.eventSourceMessageReceived', () => {
    snapshots += 1;
  });
  await session.send('Network.enable');
  await page.evaluate(COUNT_DRAWINGS);
  await page.getByRole('button', { name: '10,000', exact: true }).click();
  await waitForText(page, 'delivered', '10,000');
  await waitForText(page, 'balance', 'every event is accounted for');
  const drawings = await page.evaluate('window.drawings');
  expect(snapshots).toBeGreaterThan(1);
  expect(drawings).toBeGreaterThan(1);
  expect(drawings).toBeLessThanOrEqual(MAX_DRAWINGS_OF_A_SNAPSHOT * snapshots);

  expect(await page.getByRole('heading', { name: 'Events 1,000' }).count()).toBe(1);
  expect(await page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(MAX_ELEMENTS);
  await session.send('HeapProfiler.collectGarbage');
  expect((await session.send('Runtime.getHeapUsage')).usedSize).toBeLessThan(MAX_HEAP_BYTES);
  expect(await relay.state()).toMatchObject({ accepted: 10_000, delivered: 10_000, deadLettered: 0 });
});
