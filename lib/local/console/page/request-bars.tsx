import { memo } from 'preact/compat';
import type { LaneRow, OperationCounts, RequestRow } from '../protocol.ts';
import { formatDuration, pluralize } from './format.ts';
import { requests } from './store.ts';

/** Bars that are shown. */
const BARS = 22;

const COLUMNS = 4;
const CELLS = 100;
const ROWS = CELLS / COLUMNS;
const CELL = 0.82;

const KINDS = ['account', 'contact', 'event', 'alias'] as const;

/** The latest requests, each a bar of a hundred cells: as many are filled as it has operations. */
export function RequestBars({ lanes }: { lanes: readonly LaneRow[] }) {
  const pending = lanes.flatMap(({ lane, sending, held }) => {
    const sizes = sending.length > 0 ? sending : held > 0 ? [held] : [];
    return sizes.map((size, index) => ({ key: `${lane}-${index}`, size }));
  });
  const shown = requests.value.slice(-Math.max(1, BARS - pending.length));
  const empty = BARS - shown.length - pending.length;
  return (
    <ul class="bars" aria-label="The latest requests, of up to 100 operations each">
      {Array.from({ length: Math.max(0, empty) }, (_, index) => (
        <EmptyBar key={`empty-${index}`} />
      ))}
      {shown.map((request) => (
        <Bar key={request.number} request={request} />
      ))}
      {pending.map(({ key, size }) => (
        <li key={`pending-${key}`} class="pending" title={pluralize(size, 'event')}>
          <Cells counts={{ account: 0, contact: 0, event: Math.min(size, CELLS), alias: 0 }} />
        </li>
      ))}
    </ul>
  );
}

const LEGEND = [
  ['event', 'event'],
  ['contact', 'contact'],
  ['account', 'account'],
  ['pending', 'next'],
  ['warn', 'throttled'],
  ['bad', 'failed'],
] as const;

/** How to read the bars. */
export const BarLegend = () => (
  <p class="legend">
    <span>Each column is one request, each cell one operation of its 100:</span>
    {LEGEND.map(([name, label]) => (
      <span key={name}>
        <i class={name} aria-hidden="true" /> {label}
      </span>
    ))}
  </p>
);

const Bar = memo(({ request }: { request: RequestRow }) => {
  const label = describeRequest(request);
  return (
    <li class={chooseTone(request)} title={label}>
      <span class="hidden">{label}</span>
      <Cells counts={request.operations} />
    </li>
  );
});

const EmptyBar = memo(() => (
  <li class="empty" aria-hidden="true">
    <Cells counts={{ account: 0, contact: 0, event: 0, alias: 0 }} />
  </li>
));

function chooseTone({ outcome }: RequestRow): string {
  if (outcome === 'delivered') return '';
  return outcome === 'throttled' ? 'warn' : 'bad';
}

function describeRequest({
  number,
  operations,
  events,
  outcome,
  status,
  durationMs,
  lane,
  text,
}: RequestRow): string {
  const count = KINDS.reduce((sum, kind) => sum + operations[kind], 0);
  const answer = status === null ? outcome : `${outcome}, ${status}`;
  return `Request ${number}, lane ${lane + 1}: ${pluralize(count, 'operation')} of ${pluralize(events, 'event')}, ${answer} in ${formatDuration(durationMs)}${text && `. ${text}`}`;
}

/** Filled from the bottom, a path for each kind of operation. */
function Cells({ counts }: { counts: OperationCounts }) {
  let index = 0;
  const paths = KINDS.flatMap((kind) => {
    const cells = Array.from({ length: Math.min(counts[kind], CELLS - index) }, () => cellAt(index++));
    return cells.length > 0 ? [<path key={kind} class={kind} d={cells.join('')} />] : [];
  });
  return (
    <svg viewBox={`0 0 ${COLUMNS} ${ROWS}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="cell" d={ALL_CELLS} />
      {paths}
    </svg>
  );
}

function cellAt(index: number): string {
  const x = index % COLUMNS;
  const y = ROWS - 1 - Math.floor(index / COLUMNS);
  return `M${x} ${y}h${CELL}v${CELL}h-${CELL}z`;
}

const ALL_CELLS = Array.from({ length: CELLS }, (_, index) => cellAt(index)).join('');
