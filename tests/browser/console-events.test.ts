import { expect, test } from '@jest/globals';
import { openConsole, useBrowser, waitForText } from '../support/console-page.ts';

useBrowser();

const order = {
  type: 'track',
  messageId: 'order-1',
  userId: 'ada',
  event: 'Order Completed',
  properties: { revenue: 9.5, address: { city: 'Paris' } },
  context: { library: { name: 'test' } },
};

test("an event's journey: how it came, what each field is made of, its request and the answer", async () => {
  const { page, relay } = await openConsole();
  await relay.postSigned(order);
  await page.getByRole('button', { name: 'Order Completed' }).click();
  const journey = page.getByRole('region', { name: /Order Completed of ada/ });
  await journey.getByText('came by POST /segment').waitFor();
  await journey.getByText('signed, alone, answered 200').waitFor();
  await journey.getByRole('row', { name: 'params.revenue 9.5 ← properties.revenue' }).waitFor();
  await journey
    .getByRole('row', { name: 'params.address_city Paris ← properties.address.city, flattened' })
    .waitFor();
  await journey.getByText('not sent: context.library.name').waitFor();
  await journey.getByText(/request #1: accepted/).waitFor();
  await journey.getByText(/answered 201 \(/).waitFor();
  await journey.getByText(/^\+ .* delivered$/).waitFor();

  await journey.getByRole('button', { name: 'As it came' }).click();
  expect(JSON.parse(await journey.getByLabel('The event as it came').inputValue())).toEqual(order);
});

test('an event that is sent again is a duplicate, which its journey shows', async () => {
  const { page, relay } = await openConsole();
  await relay.postSigned(order);
  await page.getByRole('button', { name: 'Order Completed' }).click();
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.getByText('came again: SQS dropped the duplicate').waitFor();
  expect((await relay.drained()).events).toHaveLength(1);
});

test('a dead letter says why it died, a skipped event why it was skipped', async () => {
  const { page } = await openConsole();
  await page.getByRole('button', { name: 'Bad event' }).click();
  await page.getByText('dead letter: invalid_event').click();
  await page.getByText('became a dead letter: invalid_event').waitFor();
  await page.getByRole('button', { name: 'Screen' }).click();
  await page.getByText('skipped: screen').click();
  await page.getByText('skipped: it is a screen call').waitFor();
});

test('the list is filtered by state, type, user and text', async () => {
  const { page, relay } = await openConsole();
  await relay.postSigned([
    order,
    { ...order, messageId: 'order-2', userId: 'grace' },
    { type: 'identify', messageId: 'traits-1', userId: 'ada', traits: { plan: 'pro' } },
    { type: 'screen', messageId: 'screen-1', userId: 'ada', name: 'Home' },
  ]);
  const list = page.getByRole('region', { name: /^Events/ });
  const expectRows = async (...names: string[]) => {
    await list.getByRole('heading', { name: `Events ${names.length}` }).waitFor();
    const shown = await list.locator('tbody tr td:nth-child(3)').allInnerTexts();
    expect(shown.sort()).toEqual(names.sort());
  };
  await expectRows('Order Completed', 'Order Completed', 'plan', 'Home');
  await list.getByLabel('User', { exact: true }).fill('ada');
  await expectRows('Order Completed', 'plan', 'Home');
  await list.getByLabel('Type').selectOption('track');
  await expectRows('Order Completed');
  await list.getByLabel('Type').selectOption('every type');
  await list.getByRole('button', { name: 'Skipped' }).click();
  await expectRows('Home');
  await list.getByRole('button', { name: 'All', exact: true }).click();
  await list.getByLabel('Text').fill('traits-1');
  await expectRows('plan');
});

test("what is typed is sent, and what is no JSON is answered with the parser's message", async () => {
  const { page, relay } = await openConsole();
  const box = page.getByLabel('Your own: a JSON object, an array, or NDJSON');
  const send = page.getByRole('button', { name: 'Send this' });
  await box.fill(`${JSON.stringify(order)}\n${JSON.stringify({ ...order, messageId: 'order-2' })}`);
  await send.click();
  await waitForText(page, 'send-report', '2 accepted');
  await box.fill(`${JSON.stringify({ ...order, messageId: 'order-3' })}\n{"type":`);
  await send.click();
  await waitForText(page, 'send-report', 'line 2 is not JSON');
  await page.getByText('Point a real Segment source here').click();
  await page.getByText('LOCAL_HOSTS=').waitFor();
  expect(await page.content()).not.toContain('a-shared-secret');
  expect((await relay.drained()).events.length).toBeGreaterThanOrEqual(2);
});

test('Salesmachine shows a contact with every account, and which event set an attribute', async () => {
  const { page, relay } = await openConsole();
  const group = (groupId: string) => ({ type: 'group', messageId: `g-${groupId}`, userId: 'ada', groupId });
  await relay.postSigned([
    { type: 'identify', messageId: 'traits-1', userId: 'ada', traits: { name: 'Ada Lovelace' } },
    group('acme'),
    group('globex'),
    order,
  ]);
  const crm = page.getByRole('region', { name: /Salesmachine holds/ });
  const contact = crm.locator('summary', { hasText: 'Ada Lovelace' });
  await contact.click();
  // Not among the attributes, of which `account_uid` is each of them in turn.
  await contact.getByText('acme', { exact: true }).waitFor();
  await contact.getByText('globex', { exact: true }).waitFor();
  await crm.getByRole('row', { name: 'name Ada Lovelace traits-1' }).getByRole('button').click();
  await page.getByRole('heading', { name: /of ada traits-1/ }).waitFor();
  await crm.getByRole('button', { name: /Event types/ }).click();
  await crm.getByRole('row', { name: 'order_completed Order Completed 1' }).waitFor();
  await crm.getByLabel('Search Salesmachine').fill('nothing like this');
  await crm.getByText('Nothing matches.').waitFor();
});
