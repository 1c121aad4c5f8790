import { useSignal, useSignalEffect } from '@preact/signals';
import type { AccountRow, ContactRow, CrmPage } from '../protocol.ts';
import { FieldTable } from './field-table.tsx';
import { formatNumber, pluralize } from './format.ts';
import { fetchCrm } from './relay-api.ts';
import { SearchField } from './search-field.tsx';
import { events, selectedId, snapshot } from './store.ts';

const REFRESH_MS = 750;

const KINDS = ['contacts', 'accounts', 'eventTypes'] as const;
type Kind = (typeof KINDS)[number];

const LABELS: Record<Kind, string> = {
  contacts: 'Contacts',
  accounts: 'Accounts',
  eventTypes: 'Event types',
};

/** What Salesmachine holds. */
export function CrmPanel() {
  const kind = useSignal<Kind>('contacts');
  const search = useSignal('');
  const page = useSignal<CrmPage | null>(null);
  const isWaiting = useSignal(false);
  const fetched = useSignal('');

  useSignalEffect(() => {
    const current = snapshot.value;
    const wanted = `${current?.operations} ${search.value}`;
    if (!current?.holdings || isWaiting.value || wanted === fetched.peek()) return;
    fetched.value = wanted;
    isWaiting.value = true;
    const again = () => {
      isWaiting.value = false;
    };
    fetchCrm(search.value)
      .then((answer) => {
        page.value = answer;
      })
      .catch(() => undefined)
      .finally(() => setTimeout(again, search.peek() === '' ? REFRESH_MS : 200));
  });

  return (
    <section class="card" aria-labelledby="crm">
      <h2 id="crm">
        Salesmachine holds <span>as long as the relay runs</span>
      </h2>
      <div class="filters">
        {KINDS.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={kind.value === each}
            onClick={() => {
              kind.value = each;
            }}
          >
            {LABELS[each]} {page.value && formatNumber(page.value.matching[each])}
          </button>
        ))}
        <SearchField label="Search Salesmachine" placeholder="id, name, value" value={search} />
      </div>
      <section class="scroll" aria-label="What Salesmachine holds">
        <Listing page={page.value} kind={kind.value} search={search.value} />
      </section>
    </section>
  );
}

type ListingProps = { page: CrmPage | null; kind: Kind; search: string };

function Listing({ page: shown, kind, search }: ListingProps) {
  if (snapshot.value?.holdings === null) {
    return <p class="empty">What a Salesmachine elsewhere holds is not known here.</p>;
  }
  if (!shown || shown[kind].length === 0) {
    const nothingYet = `No ${LABELS[kind].toLowerCase()} yet: they appear as events are delivered.`;
    return <p class="empty">{search === '' ? nothingYet : 'Nothing matches.'}</p>;
  }
  if (kind === 'contacts')
    return (
      <>
        {shown.contacts.map((contact) => (
          <Contact key={contact.uid} contact={contact} />
        ))}
      </>
    );
  if (kind === 'accounts')
    return (
      <>
        {shown.accounts.map((account) => (
          <Account key={account.uid} account={account} />
        ))}
      </>
    );
  return (
    <table>
      <thead>
        <tr>
          <th>event_uid</th>
          <th>display_name</th>
          <th class="number">events</th>
        </tr>
      </thead>
      <tbody>
        {shown.eventTypes.map(({ eventUid, displayName, count }) => (
          <tr key={eventUid}>
            <td class="mono">
              <bdi>{eventUid}</bdi>
            </td>
            <td>
              <bdi>{displayName}</bdi>
            </td>
            <td class="number">{formatNumber(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Contact({ contact: { uid, name, accounts, events: count, attributes } }: { contact: ContactRow }) {
  return (
    <details class="object">
      <summary>
        <bdi class="mono">{uid}</bdi> <bdi>{name}</bdi>
        <span class="links">
          {accounts.map((account) => (
            <bdi key={account} class="chip neutral">
              {account}
            </bdi>
          ))}
        </span>
        <span class="soft">
          {pluralize(attributes.length, 'attribute')}, {pluralize(count, 'event')}
        </span>
      </summary>
      <Attributes attributes={attributes} />
    </details>
  );
}

function Account({ account: { uid, name, contacts, attributes } }: { account: AccountRow }) {
  return (
    <details class="object">
      <summary>
        <bdi class="mono">{uid}</bdi> <bdi>{name}</bdi>
        <span class="soft">
          {pluralize(attributes.length, 'attribute')}, {pluralize(contacts, 'contact')}
        </span>
      </summary>
      <Attributes attributes={attributes} />
    </details>
  );
}

const Attributes = ({ attributes }: Pick<ContactRow, 'attributes'>) => (
  <FieldTable
    fields={attributes.map(({ name, value, source }) => ({
      name,
      value,
      note: <Source messageId={source} />,
    }))}
  />
);

/** The event that set an attribute; it opens if it is among the latest. */
function Source({ messageId }: { messageId: string }) {
  const row = messageId === '' ? undefined : events.value.find((event) => event.messageId === messageId);
  if (!row) return <bdi class="soft">{messageId}</bdi>;
  return (
    <button
      type="button"
      class="plain soft"
      onClick={() => {
        selectedId.value = row.id;
      }}
    >
      <bdi>{messageId}</bdi>
    </button>
  );
}
