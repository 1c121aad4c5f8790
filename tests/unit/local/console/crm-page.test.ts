import { expect, test } from '@jest/globals';
import { searchCrm } from '../../../../lib/local/console/crm-page.ts';
import { createFakeCrm } from '../../../../lib/local/salesmachine/fake-crm.ts';

const crm = createFakeCrm();
const contact = (contact_uid: string, params: Record<string, string>) =>
  crm.apply({ method: 'contact', contact_uid, params });
const event = (contact_uid: string, event_uid: string) =>
  crm.apply({ method: 'event', contact_uid, event_uid, params: { display_name: event_uid.toUpperCase() } });

contact('anna', { name: 'Anna', plan: 'Pro', account_uid: 'acme' });
contact('anna', { account_uid: 'globex' });
contact('ben', { email: 'ben@example.com' });
crm.apply({ method: 'account', account_uid: 'acme', params: { name: 'ACME Inc' } });
for (const _ of [1, 2, 3]) event('anna', 'clicked');
event('anna', 'opened');

test('without a search the page shows all, what came last first, and events by how often they came', () => {
  const page = searchCrm(crm, ' ');
  expect(page.contacts.map(({ uid, name, accounts, events }) => [uid, name, accounts, events])).toEqual([
    ['ben', 'ben@example.com', [], 0],
    ['anna', 'Anna', ['acme', 'globex'], 4],
  ]);
  expect(page.accounts).toMatchObject([{ uid: 'acme', name: 'ACME Inc', contacts: 1 }]);
  expect(page.eventTypes).toEqual([
    { eventUid: 'clicked', displayName: 'CLICKED', count: 3 },
    { eventUid: 'opened', displayName: 'OPENED', count: 1 },
  ]);
});

test.each([
  [' PRO ', { contacts: 1, accounts: 0, eventTypes: 0 }],
  ['acme', { contacts: 1, accounts: 1, eventTypes: 0 }],
  ['example.com', { contacts: 1, accounts: 0, eventTypes: 0 }],
  ['opened', { contacts: 0, accounts: 0, eventTypes: 1 }],
  ['nothing', { contacts: 0, accounts: 0, eventTypes: 0 }],
])('a search for %j finds %j: in ids, values and links', (text, matching) => {
  expect(searchCrm(crm, text).matching).toEqual(matching);
});

test('of many matches the page shows the latest thirty, and says how many there are', () => {
  const large = createFakeCrm();
  for (let user = 0; user < 100; user++)
    large.apply({ method: 'contact', contact_uid: `user-${user}`, params: {} });
  for (const text of ['', 'user']) {
    const { contacts, matching } = searchCrm(large, text);
    expect([contacts.length, contacts[0]?.uid, matching.contacts]).toEqual([30, 'user-99', 100]);
  }
});
