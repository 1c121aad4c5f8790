import type { EventRow, LanePause, LaneRow, Snapshot } from '../protocol.ts';
import { formatCountdown, formatDuration, pluralize } from './format.ts';

export type Tone = 'good' | 'warn' | 'bad' | 'neutral';

const causes: Readonly<Record<string, string>> = {
  credential: 'credential refused',
  outage: 'Salesmachine fails',
  configuration: 'Salesmachine refuses everything',
  throttled: 'over the quota',
};

/** Why nothing is sent, and when it goes on: "paused: credential refused (401), next try in 8 s". */
function describePause({ cause, status, nextTryAt }: LanePause, now: number): string {
  const why = causes[cause] ?? cause;
  const answer = status === null ? '' : ` (${status})`;
  const next = nextTryAt === null ? '' : `, next try in ${formatCountdown(nextTryAt, now)}`;
  return `paused: ${why}${answer}${next}`;
}

/** What a lane does, in words. */
export function describeLane({ held, sending, retrying, pause, kept }: LaneRow, now: number): string {
  if (pause !== null) return describePause(pause, now);
  if (sending.length > 0) {
    const operations = pluralize(
      sending.reduce((sum, count) => sum + count, 0),
      'operation',
    );
    return `sending ${operations}${sending.length > 1 ? ` in ${sending.length} requests` : ''}`;
  }
  if (kept.messages > 0) {
    const next = kept.nextAt === null ? '' : `, next try in ${formatCountdown(kept.nextAt, now)}`;
    return `keeping ${pluralize(kept.messages, 'event')} that failed alone${next}`;
  }
  if (retrying) return `retrying ${pluralize(held, 'event')}`;
  return held > 0 ? `waiting for its slot with ${pluralize(held, 'event')}` : 'ready';
}

/** The relay's state as a whole. */
export function describeRelay(snapshot: Snapshot | null, isConnected: boolean): { text: string; tone: Tone } {
  if (!isConnected) return { text: 'Connecting…', tone: 'neutral' };
  if (snapshot === null) return { text: 'Starting…', tone: 'neutral' };
  const paused = snapshot.lanes.find(({ pause }) => pause !== null)?.pause;
  if (paused) {
    const text = describePause(paused, snapshot.now);
    return { text: text.charAt(0).toUpperCase() + text.slice(1), tone: 'bad' };
  }
  const { queued, inFlight } = snapshot.counts;
  if (snapshot.lanes.some(({ retrying }) => retrying)) return { text: 'Retrying', tone: 'warn' };
  return queued + inFlight > 0 ? { text: 'Delivering', tone: 'good' } : { text: 'Ready', tone: 'good' };
}

/** Where an event is, or how it ended. */
export function describeState({ state, detail, latencyMs }: EventRow): {
  text: string;
  tone: Tone | 'accent';
} {
  switch (state) {
    case 'delivered':
      return { text: `delivered ${latencyMs === null ? '' : formatDuration(latencyMs)}`, tone: 'good' };
    case 'deadLetter':
      return { text: `dead letter: ${detail}`, tone: 'bad' };
    case 'skipped':
      return { text: `skipped: ${detail}`, tone: 'neutral' };
    case 'waiting':
      return { text: detail, tone: 'warn' };
    case 'inLane':
      return { text: `in ${detail}`, tone: 'accent' };
    case 'queued':
      return { text: detail ? `queued, ${detail}` : 'queued', tone: 'accent' };
  }
}
