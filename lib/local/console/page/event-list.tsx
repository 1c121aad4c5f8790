import { useComputed, useSignal } from '@preact/signals';
import type { EventRow, EventState } from '../protocol.ts';
import { formatNumber, formatTime } from './format.ts';
import { SearchField } from './search-field.tsx';
import { describeState } from './status-words.ts';
import { events, selectedId } from './store.ts';

/** Rows that are drawn at first, and more with each press of the button. */
const PAGE_SIZE = 50;

const STATES: readonly { label: string; states: readonly EventState[] }[] = [
  { label: 'All', states: [] },
  { label: 'Delivered', states: ['delivered'] },
  { label: 'Waiting', states: ['queued', 'inLane', 'waiting'] },
  { label: 'Dead letters', states: ['deadLetter'] },
  { label: 'Skipped', states: ['skipped'] },
];

const TYPES = ['identify', 'track', 'page', 'group', 'alias', 'screen', 'delete'];

/** The latest thousand events, newest first. */
export function EventList() {
  const state = useSignal(0);
  const type = useSignal('');
  const user = useSignal('');
  const text = useSignal('');
  const limit = useSignal(PAGE_SIZE);
  const matching = useComputed(() => {
    const states = STATES[state.value]?.states ?? [];
    const wantedUser = user.value.trim().toLowerCase();
    const wantedText = text.value.trim().toLowerCase();
    return events.value.filter(
      (row) =>
        (states.length === 0 || states.includes(row.state)) &&
        (type.value === '' || row.type === type.value) &&
        row.user.toLowerCase().includes(wantedUser) &&
        `${row.name}\n${row.messageId}\n${row.detail}`.toLowerCase().includes(wantedText),
    );
  });

  return (
    <section class="card" aria-labelledby="events">
      <h2 id="events">
        Events <b>{formatNumber(matching.value.length)}</b>
        <span>the latest thousand, newest first</span>
      </h2>
      <div class="filters">
        {STATES.map(({ label }, index) => (
          <button
            key={label}
            type="button"
            aria-pressed={state.value === index}
            onClick={() => {
              state.value = index;
            }}
          >
            {label}
          </button>
        ))}
        <select
          aria-label="Type"
          value={type}
          onChange={({ currentTarget }) => {
            type.value = currentTarget.value;
          }}
        >
          <option value="">every type</option>
          {TYPES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <SearchField label="User" placeholder="user" value={user} />
        <SearchField label="Text" placeholder="name, id, reason" value={text} />
      </div>
      <section class="scroll" aria-label="The list of events">
        <EventTable rows={matching.value.slice(0, limit.value)} />
        {matching.value.length > limit.value && (
          <button
            type="button"
            onClick={() => {
              limit.value += PAGE_SIZE * 4;
            }}
          >
            Show more of {formatNumber(matching.value.length)}
          </button>
        )}
      </section>
    </section>
  );
}

function EventTable({ rows }: { rows: readonly EventRow[] }) {
  if (rows.length === 0) {
    return (
      <p class="empty">{events.value.length === 0 ? 'No event yet: send one above.' : 'No event matches.'}</p>
    );
  }
  return (
    <table>
      <thead>
        <tr>
          <th>came</th>
          <th>type</th>
          <th>name</th>
          <th class="user">user</th>
          <th class="request">request</th>
          <th>state</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.id} row={row} isSelected={row.id === selectedId.value} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row, isSelected }: { row: EventRow; isSelected: boolean }) {
  const open = () => {
    selectedId.value = row.id;
  };
  const { text, tone } = describeState(row);
  return (
    <tr class={isSelected ? 'selected' : ''} onClick={open}>
      <td class="mono soft">{formatTime(row.cameAt)}</td>
      <td>{row.type || '–'}</td>
      <td>
        <button type="button" class="plain" aria-pressed={isSelected} onClick={open}>
          <bdi>{row.name || '(no name)'}</bdi>
        </button>
      </td>
      <td class="mono user">
        <bdi>{row.user || '–'}</bdi>
      </td>
      <td class="mono soft request">{row.request === null ? '–' : `#${formatNumber(row.request)}`}</td>
      <td>
        <span class={`chip ${tone}`}>{text}</span>
      </td>
    </tr>
  );
}
