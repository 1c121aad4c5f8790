import { formatDuration } from './format.ts';
import { describeRelay } from './status-words.ts';
import { isConnected, snapshot } from './store.ts';

/** What this is, and how it is. */
export function Header() {
  const current = snapshot.value;
  const { text, tone } = describeRelay(current, isConnected.value);
  return (
    <header>
      <svg class="logo" viewBox="0 0 26 26" aria-hidden="true">
        <rect width="26" height="26" rx="7" />
        <path d="M6 9h8m-8 4h11m-11 4h8" />
        <circle cx="19" cy="13" r="2.4" />
      </svg>
      <h1>
        Segment → Salesmachine <span>the relay on this machine</span>
      </h1>
      <output class={`pill ${tone}`} data-testid="status">
        <i aria-hidden="true" />
        {text}
      </output>
      <Latency />
    </header>
  );
}

function Latency() {
  const current = snapshot.value;
  if (!current?.latency) return null;
  const { p50Ms, p99Ms } = current.latency;
  const oldest =
    current.oldestSentAt === null
      ? ''
      : ` · oldest waits ${formatDuration(Math.max(0, current.now - current.oldestSentAt))}`;
  return (
    <p class="latency">
      delivery <abbr title="Half of the deliveries of the last minute took no longer than this">p50</abbr>{' '}
      {formatDuration(p50Ms)} · <abbr title="99 of 100 took no longer than this">p99</abbr>{' '}
      {formatDuration(p99Ms)}
      {oldest}
    </p>
  );
}
