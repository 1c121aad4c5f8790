import { type ExplainedField, explainEvent } from '../mapping/explain-event.ts';
import type { MappingSettings } from '../mapping/mapping-settings.ts';
import { isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';
import { style } from '../runtime/terminal-text.ts';
import type { Operation } from '../salesmachine/operation.ts';
import { toEventType } from '../segment/event-type.ts';

/** What would be posted for an event that is alone, as the worker makes it. */
type RequestPreview = (operations: readonly Operation[]) => { path: string; body: string };

const MAX_VALUE_LENGTH = 60;
const MAX_COLUMN_WIDTH = 32;

function shorten(value: Json): string {
  const json = JSON.stringify(value);
  return json.length <= MAX_VALUE_LENGTH ? json : `${json.slice(0, MAX_VALUE_LENGTH)}…`;
}

/** A readable account of one event, in lines: the rule, where each field comes from, what is left out, the request. */
export function formatExplanation(
  value: Json,
  settings: MappingSettings,
  previewRequest: RequestPreview,
): string[] {
  const title = style('bold', isJsonObject(value) ? formatTitle(value) : 'no event');
  const explanation = explainEvent(value, settings);
  const notes = explanation.notes.map(([name, texts]) => `  ${name}: ${texts.join(', ')}`);
  if (explanation.kind === 'unmapped') return [title, `  ${explanation.text}`, ...notes, ''];
  const { rule, operations, fields } = explanation;
  const { path, body } = previewRequest(operations);
  return [
    title,
    `  ${rule}`,
    ...formatOperations(operations, fields),
    '',
    ...notes,
    ...(notes.length > 0 ? [''] : []),
    `  POST ${path}`,
    `  ${body}`,
    '',
  ];
}

function formatOperations(
  operations: readonly Operation[],
  fields: readonly (readonly ExplainedField[])[],
): string[] {
  const nameWidth = Math.max(...fields.flat().map(({ name }) => name.length));
  const valueWidth = Math.min(
    MAX_COLUMN_WIDTH,
    Math.max(...fields.flat().map(({ value }) => shorten(value).length)),
  );
  return operations.flatMap((operation, index) => [
    '',
    `  ${style('bold', operation.method)}`,
    ...(fields[index] ?? []).map(({ name, value, origin }) => {
      const text = shorten(value).padEnd(valueWidth);
      return `    ${name.padEnd(nameWidth)}  ${text}  ${style('dim', origin)}`;
    }),
  ]);
}

function formatTitle(event: JsonObject): string {
  const readText = (key: string) => {
    const value = event[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const name = readText('event') ?? readText('name');
  const id = readText('messageId');
  return [
    toEventType(event['type']) ?? 'an event of unknown type',
    name && JSON.stringify(name),
    id && `(messageId ${id})`,
  ]
    .filter(Boolean)
    .join(' ');
}
