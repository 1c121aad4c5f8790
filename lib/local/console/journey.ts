import type { EventRecord } from './event-ring.ts';
import type { Journey, JourneyStep } from './protocol.ts';
import { toEventRow } from './snapshot-stream.ts';

/** An event from its arrival to its end; `formatCommand` gives the curl command that sends it again. */
export function toJourney(record: EventRecord, formatCommand: (body: string) => string): Journey {
  return {
    row: toEventRow(record),
    steps: [...toCameStep(record), ...record.steps],
    rule: '',
    operations: [],
    unused: [],
    body: record.body,
    isCut: record.isCut,
    curl: record.isCut ? null : formatCommand(record.body),
  };
}

function toCameStep({ source, cameAt }: EventRecord): JourneyStep[] {
  if (source === undefined) return [];
  const { route, credential, userAgent, events, answer } = source;
  const facts = [
    credential,
    events > 1 ? `one of ${events} events` : 'alone',
    ...(answer ? [`answered ${answer.status} in ${Math.round(answer.durationMs)} ms`] : []),
    ...(userAgent ? [userAgent] : []),
  ];
  const at = cameAt;
  return [{ at, kind: 'came', title: `came by ${route}`, note: facts.join(', '), tone: 'neutral' }];
}
