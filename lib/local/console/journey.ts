import { REASONS } from '../../dead-letters/reasons.ts';
import { explainEvent } from '../../mapping/explain-event.ts';
import type { MappingSettings } from '../../mapping/mapping-settings.ts';
import { type Json, tryParseJson } from '../../runtime/json.ts';
import type { EventRecord } from './event-ring.ts';
import { getPageAdvice } from './page-advice.ts';
import type { Advice, Journey, JourneyStep } from './protocol.ts';
import { toEventRow } from './snapshot-stream.ts';

/** To explain an event, all of it is mapped once for each of its fields: more of them would hold up the relay. */
const MAX_EXPLAINED_FIELDS = 200;

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
    ...explain(record, settings),
    advice: findAdvice(record),
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
function explain(
  { body, isCut }: EventRecord,
  settings: MappingSettings,
): Pick<Journey, 'rule' | 'operations' | 'notes'> {
  const toEmptyExplanation = (rule: string) => ({ rule, operations: [], notes: [] });
  if (isCut)
    return toEmptyExplanation(`Only its beginning is kept here, so it is not explained. ${ELSEWHERE}`);
  const event = tryParseJson(body);
  if (event === undefined) return toEmptyExplanation('not JSON, so nothing can be made of it');
  if (hasMoreValuesThan(event, MAX_EXPLAINED_FIELDS))
    return toEmptyExplanation(
      `It has more than ${MAX_EXPLAINED_FIELDS} fields, so they are not explained here. ${ELSEWHERE}`,
    );
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

const ELSEWHERE = 'To see what becomes of each: npm run relay -- map --explain FILE, with the event in FILE.';

/** Counts no further than it must. */
function hasMoreValuesThan(event: Json, limit: number): boolean {
  const rest: Json[] = [event];
  let count = 0;
  for (let value = rest.pop(); value !== undefined && count <= limit; value = rest.pop()) {
    if (typeof value !== 'object' || value === null) count += 1;
    else for (const inner of Object.values(value)) rest.push(inner);
  }
  return count > limit;
}

/** What the runbook says of a dead letter's reason. */
function findAdvice({ state, detail }: EventRecord): Advice | null {
  const reason = state === 'deadLetter' ? REASONS.find((each) => each === detail) : undefined;
  return reason === undefined ? null : getPageAdvice(reason);
}
