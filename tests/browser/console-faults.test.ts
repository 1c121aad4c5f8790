import { expect, test } from '@jest/globals';
import { openConsole, useBrowser, waitForText } from '../support/console-page.ts';
import { until } from '../support/until.ts';

useBrowser();

test('an outage pauses delivery with its cause in words, and once it is fixed every event is delivered', async () => {
  const { page, relay } = await openConsole();
  await page.getByRole('switch', { name: 'Server error' }).click();
  await page.getByRole('button', { name: '1,000', exact: true }).click();
  await waitForText(page, 'status', /Paused: .*\(500\), next try in \d+ s/);
  await waitForText(page, 'lane', /paused: .*\(500\)/);
  await waitForText(page, 'accepted', '1,000');
  expect((await relay.state()).delivered).toBe(0);

  await page.getByRole('button', { name: 'Fix everything' }).click();
  await waitForText(page, 'delivered', '1,000');
  await waitForText(page, 'queued', /^0$/);
  await waitForText(page, 'status', 'Ready');
  await waitForText(page, 'balance', 'every event is accounted for');
  expect(await relay.state()).toMatchObject({ delivered: 1_000, deadLettered: 0 });
});

test('dead letters of an attribute that is refused: dry run, five first, the rest, delivered', async () => {
  const { page, relay } = await openConsole();
  await page.getByRole('switch', { name: 'Refuses an attribute' }).click();
  await page.getByRole('button', { name: '40, of which 8 have a coupon' }).click();
  const deadLetters = page.getByRole('region', { name: /Dead letters/ });
  await deadLetters.getByText('8 × rejected').waitFor();
  await deadLetters.getByText('the attribute coupon is refused').waitFor();
  await waitForText(page, 'delivered', '32');

  await deadLetters.getByRole('button', { name: 'Dry run' }).click();
  await waitForText(page, 'dead-letter-report', '8 would be replayed, as 8 operations; nothing was sent.');
  expect((await relay.state()).deadLettered).toBe(8);

  await page.getByRole('button', { name: 'Fix everything' }).click();
  await deadLetters.getByRole('button', { name: 'Replay 5 first' }).click();
  await waitForText(page, 'dead-letter-report', 'None came back: they are delivered.');
  await waitForText(page, 'delivered', '37');
  await deadLetters.getByRole('button', { name: 'Replay 3' }).click();
  await waitForText(page, 'delivered', '40');
  await deadLetters.getByText('None.').waitFor();
  const { events } = await relay.drained();
  expect(events.filter(({ params }) => 'coupon' in params)).toHaveLength(8);
});

test('five that are refused again stop the replay, and say why', async () => {
  const { page, relay } = await openConsole();
  await page.getByRole('switch', { name: 'Refuses an attribute' }).click();
  await page.getByRole('button', { name: '40, of which 8 have a coupon' }).click();
  await page.getByText('8 × rejected').waitFor();
  await page.getByRole('button', { name: 'Replay 5 first' }).click();
  const report = page
    .getByTestId('dead-letter-report')
    .filter({ hasText: /5 came back: rejected: .*coupon.*Nothing more was replayed/s });
  // Only while other events pass is it certain that these five are at fault.
  let passed = 0;
  await until('the five came back', async () => {
    passed += 1;
    await relay.postSigned({ type: 'track', userId: `another-${passed}`, event: 'Passed' });
    return report.isVisible();
  });
  expect((await relay.state()).deadLettered).toBe(8);
});

test('a fault of a share of the batches is set with the choices beside the switches', async () => {
  const { page, relay } = await openConsole();
  await page.getByLabel('Calls').selectOption('batches only');
  await page.getByLabel('Share').selectOption('half');
  await page.getByLabel('Another status: status').fill('418');
  await page.getByRole('switch', { name: 'Another status' }).click();
  await page.getByRole('switch', { name: 'Another status', checked: true }).waitFor();
  const { faults } = JSON.parse(await (await fetch(`${relay.url}/local/salesmachine/faults`)).text());
  expect(faults).toEqual([{ fault: 'status', status: 418, on: 'batch', share: 0.5 }]);
});
