import { explainEvent } from '../../mapping/explain-event.ts';
import type { MappingSettings } from '../../mapping/mapping-settings.ts';
import { type Json, parseJson } from '../../runtime/json.ts';
import type { EventRecord } from './event-ring.ts';
import type { Journey, JourneyStep } from './protocol.ts';
import { toEventRow } from './snapshot-stream.ts';

/** The mapping is asked once for each field of an event: of a larger one this would hold up the relay. */
const MAX_EXPLAINED_LENGTH = 16_384;

const MAX_VALUE_LENGTH = 500;

/** An event from its arrival to its end; `formatCommand` gives the curl command that sends it again. */
export function toJourney(
  record: EventRecord,
  settings: MappingSettings,
  formatCommand: (body: string) => string,
): Journey {
  return {
    row: toEventRow(record),
    steps: [...toCameStep(record), ...record.steps],
    ...explain(record.body, settings),
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

/** What `relay map --explain` says, as data. */
function explain(body: string, settings: MappingSettings): Pick<Journey, 'rule' | 'operations' | 'notes'> {
  const nothing = (rule: string) => ({ rule, operations: [], notes: [] });
  if (body.length > MAX_EXPLAINED_LENGTH)
    return nothing('too large to explain here: use relay map --explain');
  const event = tryParse(body);
  if (event === undefined) return nothing('not JSON, so nothing can be made of it');
  const explanation = explainEvent(event, settings);
  const notes = explanation.notes.map(([title, texts]) => `${title}: ${texts.join(', ')}`);
  if (explanation.kind === 'unmapped') return { rule: explanation.text, operations: [], notes };
  const { rule, operations, fields } = explanation;
  return {
    rule,
    notes,
    operations: operations.map(({ method }, index) => ({
      method,
      fields: (fields[index] ?? []).map(({ name, value, origin }) => ({
        name,
        value: String(value).slice(0, MAX_VALUE_LENGTH),
        origin,
      })),
    })),
  };
}

function tryParse(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
