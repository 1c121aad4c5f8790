import { computed, signal } from '@preact/signals';
import type { EventRow, RatePoint, RequestRow, Snapshot } from '../protocol.ts';

const MAX_EVENTS = 1_000;
const MAX_REQUESTS = 100;
const MAX_RATE_SECONDS = 600;
const MAX_BACKLOG_SECONDS = 60;

/** What the relay said last; null until it has said something. */
export const snapshot = signal<Snapshot | null>(null);
export const isConnected = signal(false);

/** The latest events, newest first. */
export const events = signal<readonly EventRow[]>([]);

/** The latest requests, oldest first. */
export const requests = signal<readonly RequestRow[]>([]);

/** By second, oldest first; seconds without events have no point. */
export const rates = signal<readonly RatePoint[]>([]);

/** How many events waited, at the end of each of the last seconds, oldest first. */
export const backlog = signal<readonly { second: number; waiting: number }[]>([]);

/** The event whose journey is open. */
export const selectedId = signal<string | null>(null);

export const selectedEvent = computed(() => events.value.find(({ id }) => id === selectedId.value));

const eventsById = new Map<string, EventRow>();

/** Follows the relay; the browser reconnects by itself. */
export function connect(): void {
  const source = new EventSource('/local/console/stream');
  let isFirst = true;
  source.onopen = () => {
    isConnected.value = true;
    isFirst = true;
  };
  source.onerror = () => {
    isConnected.value = false;
  };
  source.onmessage = ({ data }: MessageEvent<string>) => {
    const next: Snapshot = JSON.parse(data);
    // A relay that was started again knows nothing of what was before.
    if (isFirst) clear();
    isFirst = false;
    apply(next);
  };
}

function clear(): void {
  eventsById.clear();
  requests.value = [];
  rates.value = [];
  backlog.value = [];
}

function apply(next: Snapshot): void {
  snapshot.value = next;
  if (next.events.length > 0) {
    for (const row of next.events) eventsById.set(row.id, row);
    for (const id of eventsById.keys()) {
      if (eventsById.size <= MAX_EVENTS) break;
      eventsById.delete(id);
    }
    events.value = [...eventsById.values()].sort((a, b) => b.cameAt - a.cameAt);
  }
  if (next.requests.length > 0) requests.value = [...requests.value, ...next.requests].slice(-MAX_REQUESTS);
  if (next.rates.length > 0) rates.value = mergeRates(rates.value, next.rates);
  noteBacklog(next);
}

function noteBacklog({ now, counts }: Snapshot): void {
  const second = Math.floor(now / 1_000);
  const earlier = backlog.value.filter((point) => point.second !== second);
  backlog.value = [...earlier, { second, waiting: counts.queued + counts.inFlight }].slice(
    -MAX_BACKLOG_SECONDS,
  );
}

/** The second that went on is read again: the newer point replaces it. */
function mergeRates(known: readonly RatePoint[], fresh: readonly RatePoint[]): RatePoint[] {
  const first = fresh[0]?.second ?? 0;
  const latest = fresh.at(-1)?.second ?? 0;
  return [...known.filter(({ second }) => second < first), ...fresh].filter(
    ({ second }) => second > latest - MAX_RATE_SECONDS,
  );
}
