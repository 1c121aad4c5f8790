import type { Operation, Params } from '../../salesmachine/operation.ts';
import { createOperationLog, type OperationLog } from './operation-log.ts';
import { createTable, openTemporaryDatabase, type Table } from './temporary-table.ts';

/** A contact or an account. */
export type CrmObject = {
  params: Params;
  /** The `messageId` of the event that set each attribute, where it had one. */
  sources: Record<string, string>;
};

export type CrmContact = CrmObject & {
  /** Contacts and accounts are many-to-many: each account that the contact was ever linked to. */
  accounts: readonly string[];
};

export type EventType = { displayName: string; count: number };

export type ReadonlyTable<Value> = Omit<Table<Value>, 'set' | 'delete'>;

/** What a user of Salesmachine would see, and every operation as it came. */
export type FakeCrm = {
  contacts: ReadonlyTable<CrmContact>;
  accounts: ReadonlyTable<CrmObject>;
  /** How many contacts are linked to each account, whether the account is known or not. */
  contactCounts: ReadonlyTable<number>;
  /** By `event_uid`. */
  eventTypes: ReadonlyMap<string, EventType>;
  /** How many events each contact has, whether the contact is known or not. */
  eventCounts: ReadonlyTable<number>;
  operations: Pick<OperationLog, 'chunks'>;
  apply(operation: Operation): void;
};

const emptyContact: CrmContact = { params: {}, sources: {}, accounts: [] };

/** The objects that Salesmachine's operations leave behind, in a temporary database: there may be millions. */
export function createFakeCrm(): FakeCrm {
  const database = openTemporaryDatabase();
  const contacts = createTable<CrmContact>(database, 'contacts');
  const accounts = createTable<CrmObject>(database, 'accounts');
  const contactCounts = createTable<number>(database, 'contact_counts');
  const eventCounts = createTable<number>(database, 'event_counts');
  const eventTypes = new Map<string, EventType>();
  const operations = createOperationLog(database);

  function updateContact(uid: string, params: Params, messageId: string | undefined): void {
    const contact = contacts.get(uid) ?? emptyContact;
    const account = params['account_uid'];
    const isNewLink = typeof account === 'string' && !contact.accounts.includes(account);
    if (isNewLink) addToCount(account, 1);
    const links = isNewLink ? [...contact.accounts, account] : contact.accounts;
    contacts.set(uid, { ...update(contact, params, messageId), accounts: links });
  }

  function addToCount(account: string, difference: number): void {
    contactCounts.set(account, (contactCounts.get(account) ?? 0) + difference);
  }

  function countEvent(contactUid: string, eventUid: string, params: Params): void {
    eventCounts.set(contactUid, (eventCounts.get(contactUid) ?? 0) + 1);
    const known = eventTypes.get(eventUid);
    const displayName = params['display_name'];
    eventTypes.set(eventUid, {
      displayName: typeof displayName === 'string' ? displayName : (known?.displayName ?? ''),
      count: (known?.count ?? 0) + 1,
    });
  }

  /** The survivor keeps what it has and takes over the rest. */
  function mergeContacts(survivorUid: string, previousUid: string): void {
    const previous = contacts.get(previousUid);
    if (previous === undefined || survivorUid === previousUid) return;
    const survivor = contacts.get(survivorUid) ?? emptyContact;
    for (const account of previous.accounts) if (survivor.accounts.includes(account)) addToCount(account, -1);
    contacts.set(survivorUid, {
      params: { ...previous.params, ...survivor.params },
      sources: { ...previous.sources, ...survivor.sources },
      accounts: [...new Set([...survivor.accounts, ...previous.accounts])],
    });
    contacts.delete(previousUid);
  }

  return {
    contacts,
    accounts,
    contactCounts,
    eventTypes,
    eventCounts,
    operations,
    apply(operation) {
      operations.append(operation);
      switch (operation.method) {
        case 'contact':
          return updateContact(operation.contact_uid, operation.params, operation.messageId);
        case 'account': {
          const account = accounts.get(operation.account_uid) ?? emptyContact;
          accounts.set(operation.account_uid, update(account, operation.params, operation.messageId));
          return;
        }
        case 'event':
          return countEvent(operation.contact_uid, operation.event_uid, operation.params);
        case 'alias':
          return mergeContacts(operation.contact_uid, operation.previous_contact_uid);
      }
    },
  };
}

/** Updates merge: what is absent stays as it was, and null is a value like any other. */
function update(object: CrmObject, params: Params, messageId: string | undefined): CrmObject {
  const sources = { ...object.sources };
  for (const name of Object.keys(params)) {
    if (messageId === undefined) delete sources[name];
    else Object.defineProperty(sources, name, { value: messageId, ...plainProperty });
  }
  return { params: { ...object.params, ...params }, sources };
}

/** So that an attribute called `__proto__` is a property like any other. */
const plainProperty = { enumerable: true, configurable: true, writable: true };
