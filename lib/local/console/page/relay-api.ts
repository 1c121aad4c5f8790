import type { ActionReport, CrmPage, DeadLetterList, Journey, SendReport, SourceHelp } from '../protocol.ts';

/** What the page asks of the relay. Each throws an Error with the relay's message if the answer is not 200. */

/** Null once the event is no longer kept. */
export const fetchJourney = (id: string): Promise<Journey | null> =>
  ask(`/local/console/journey?id=${encodeURIComponent(id)}`);

export const fetchCrm = (search: string): Promise<CrmPage> =>
  ask(`/local/console/crm?search=${encodeURIComponent(search)}`);

export const fetchSourceHelp = (): Promise<SourceHelp> => ask('/local/console/source');

export const sendSample = (sample: string, count = 1): Promise<SendReport> =>
  ask('/local/console/send', { sample, count });

export const sendText = (text: string): Promise<SendReport> => ask('/local/console/send', { text });

export const fetchDeadLetters = (): Promise<DeadLetterList> => ask('/local/console/dead-letters');

export type Cause = { reason: string; detail: string };

export const actOnDeadLetters = (
  action: 'dry-run' | 'canary' | 'replay',
  { reason, detail }: Cause,
): Promise<ActionReport> => ask(`/local/console/dead-letters/${action}`, { reason, detail });

export const exportUrl = ({ reason, detail }: Cause): string =>
  `/local/console/dead-letters/export?${new URLSearchParams({ reason, detail })}`;

export const setFaults = (faults: readonly unknown[]): Promise<unknown> =>
  ask('/local/salesmachine/faults', faults);

async function ask<T>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(path, {
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message ?? `The relay answered ${response.status}.`);
  return answer;
}
