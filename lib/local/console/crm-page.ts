import type { Params, Scalar } from '../../salesmachine/operation.ts';
import type { CrmContact, CrmObject, FakeCrm, ReadonlyTable } from '../salesmachine/fake-crm.ts';
import type { AccountRow, ContactRow, CrmPage, EventTypeRow } from './protocol.ts';

/** Objects of a kind that are listed. */
const PAGE_SIZE = 30;

const MAX_ATTRIBUTES = 200;
const MAX_VALUE_LENGTH = 500;

/** What Salesmachine holds that matches: in an id, in a name or in a value. An empty text matches everything. */
export function searchCrm(crm: FakeCrm, text: string): CrmPage {
  const wanted = text.trim().toLowerCase();
  const matches = (...values: Scalar[]) =>
    values.some((value) => String(value).toLowerCase().includes(wanted));
  const list = <Value>(table: ReadonlyTable<Value>, matchesEntry: (entry: [string, Value]) => boolean) =>
    wanted === '' ? listLatest(table) : search(table.entries(), matchesEntry);
  const contacts = list(crm.contacts, ([uid, { params, accounts }]) =>
    matches(uid, ...accounts, ...Object.values(params)),
  );
  const accounts = list(crm.accounts, ([uid, { params }]) => matches(uid, ...Object.values(params)));
  const eventTypes = search(crm.eventTypes, ([uid, { displayName }]) => matches(uid, displayName));
  return {
    contacts: contacts.page.map(([uid, contact]) => toContactRow(uid, contact, crm)),
    accounts: accounts.page.map(([uid, account]) => toAccountRow(uid, account, crm)),
    eventTypes: eventTypes.page
      .map(([eventUid, type]): EventTypeRow => ({ eventUid, ...type }))
      .sort((a, b) => b.count - a.count),
    matching: { contacts: contacts.count, accounts: accounts.count, eventTypes: eventTypes.count },
  };
}

const listLatest = <Value>(table: ReadonlyTable<Value>) => ({
  page: table.latest(PAGE_SIZE),
  count: table.size,
});

/** The latest that match, and how many do. */
function search<Value>(
  entries: Iterable<[string, Value]>,
  matches: (entry: [string, Value]) => boolean,
): { page: [string, Value][]; count: number } {
  const page: [string, Value][] = [];
  let count = 0;
  for (const entry of entries) {
    if (!matches(entry)) continue;
    count += 1;
    page.push(entry);
    if (page.length > PAGE_SIZE) page.shift();
  }
  return { page: page.reverse(), count };
}

function toContactRow(uid: string, contact: CrmContact, crm: FakeCrm): ContactRow {
  return {
    uid,
    name: readName(contact.params),
    accounts: contact.accounts,
    events: crm.eventCounts.get(uid) ?? 0,
    attributes: listAttributes(contact),
  };
}

const toAccountRow = (uid: string, account: CrmObject, { contactCounts }: FakeCrm): AccountRow => ({
  uid,
  name: readName(account.params),
  contacts: contactCounts.get(uid) ?? 0,
  attributes: listAttributes(account),
});

const readName = (params: Params) =>
  String(params['name'] ?? params['email'] ?? '').slice(0, MAX_VALUE_LENGTH);

const listAttributes = ({ params, sources }: CrmObject): ContactRow['attributes'] =>
  Object.entries(params)
    .slice(0, MAX_ATTRIBUTES)
    .map(([name, value]) => ({
      name,
      value: String(value).slice(0, MAX_VALUE_LENGTH),
      source: (Object.hasOwn(sources, name) ? sources[name] : undefined) ?? '',
    }));
