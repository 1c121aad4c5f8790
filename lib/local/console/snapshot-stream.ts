import type { LaneStatus } from '../../delivery/status.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { RelayState } from '../relay-state.ts';
import type { FakeCrm } from '../salesmachine/fake-crm.ts';
import type { Fault } from '../salesmachine/fake-faults.ts';
import type { Collector } from './collector.ts';
import type { EventRecord } from './event-ring.ts';
import type { EventRow, Snapshot } from './protocol.ts';

/** How often the page hears of changes. */
const TICK_MS = 250;

/** How often it hears that nothing has changed. */
const HEARTBEAT_MS = 1_000;

export type SnapshotSources = {
  collector: Collector;
  state(): Promise<RelayState>;
  laneStatuses(): readonly LaneStatus[];
  crm: FakeCrm | undefined;
  faults(): readonly Fault[];
  clock: Clock;
};

/**
 * The page's server-sent events: a snapshot four times a second while something changes, else once a second. A reader
 * that is slow gets fewer, never a backlog. Ends when the signal aborts.
 */
export async function* streamSnapshots(
  sources: SnapshotSources,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { clock } = sources;
  const read = createSnapshotReader(sources);
  let previous = '';
  let writtenAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const snapshot = await read();
    // All but the moment itself.
    const content = JSON.stringify({ ...snapshot, now: 0 });
    if (content !== previous || clock.now() - writtenAt >= HEARTBEAT_MS) {
      previous = content;
      writtenAt = clock.now();
      yield `data: ${JSON.stringify(snapshot)}\n\n`;
    }
    await clock.sleep(TICK_MS, signal).catch(() => undefined);
  }
}

/** Each call reads what is new since the one before. */
function createSnapshotReader({ collector, state, laneStatuses, crm, faults, clock }: SnapshotSources) {
  let eventVersion = 0;
  let requestNumber = 0;
  let second = 0;

  return async (): Promise<Snapshot> => {
    const counts = await state();
    const events = collector.events.changedSince(eventVersion);
    const requests = collector.requests.latest().filter(({ number }) => number > requestNumber);
    const rates = collector.rates.since(second);
    eventVersion = collector.events.version();
    requestNumber = requests.at(-1)?.number ?? requestNumber;
    // The second that goes on is read again.
    second = rates.at(-1)?.second ?? second;
    return {
      now: clock.now(),
      counts,
      latency: collector.latencies.percentiles(),
      ingestMs: collector.ingestMs(),
      unusable: collector.unusableCount(),
      oldestSentAt: collector.oldestSentAt(),
      completedRequests: collector.requests.count(),
      operations: collector.requests.operationCount(),
      lanes: collector.lanes.rows(collector.requests.sending, laneStatuses()),
      quota: collector.quota.usage(),
      holdings: crm
        ? { contacts: crm.contacts.size, accounts: crm.accounts.size, eventTypes: crm.eventTypes.size }
        : null,
      faults: [...faults()],
      rates,
      requests,
      events: events.map(toEventRow),
    };
  };
}

export const toEventRow = (record: EventRecord): EventRow => ({
  id: record.id,
  cameAt: record.cameAt,
  ...record.fields,
  state: record.state,
  detail: record.detail,
  request: record.request ?? null,
  latencyMs: record.latencyMs ?? null,
});
