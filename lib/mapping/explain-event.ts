import { styleText } from 'node:util';
import type { Terminal } from '../cli/command-context.ts';
import { merge } from '../delivery/merge.ts';
import { workOf } from '../delivery/queued-event.ts';
import { bodyOf, pathOf } from '../delivery/request.ts';
import { isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';
import type { Operation } from '../salesmachine/operation.ts';
import { parseEvent, type SegmentEvent } from '../segment/event.ts';
import { type MappingSettings, mapEvent, skipCause } from './map-event.ts';
import { type Field, type Path, provenanceOf } from './provenance.ts';

/** What was decided for an event, by its type and by how many operations that gave. */
const rules: Record<SegmentEvent['type'], (operations: number) => string> = {
  identify: () => 'identify becomes a contact with the traits',
  track: () => 'track becomes an event: event_uid is the name in snake_case, with the properties',
  page: (operations) =>
    operations > 1
      ? 'page becomes the event pageview with the properties; it has a name, so also an event of that name'
      : 'page becomes the event pageview with the properties; it has no name, so nothing more',
  group: (operations) =>
    operations > 1
      ? 'group becomes an account with the traits, and links the user to it as a contact'
      : 'group becomes an account with the traits; there is no contact to link to it',
  alias: () => 'alias links two contacts: contact_uid survives',
};

const skipRules: Record<string, string> = {
  screen: 'screen calls are not supported',
  delete: 'delete calls are not supported',
  integrations: '"integrations" says that it is not for Salesmachine',
  anonymous: 'it is of an anonymous user, and ANONYMOUS_CONTACTS is skip',
  alias_off: 'it is an alias, and ALIAS is off',
};

/** A readable account of one event: the rule, where each field comes from, what is left out, the exact request. */
export function explainEvent(value: Json, settings: MappingSettings, stream: Terminal['stdout']): string {
  const strong = (text: string) => styleText('bold', text, { stream });
  const parsed = parseEvent(value);
  const title = strong(isJsonObject(value) ? titleOf(value) : 'no event');
  if (parsed.kind === 'invalid' || !isJsonObject(value)) {
    const detail = parsed.kind === 'invalid' ? parsed.detail : '';
    return `${title}\n  unusable, so it becomes a dead letter, invalid_event: ${detail}\n`;
  }
  const skipped = parsed.kind === 'skipped' ? parsed.cause : skipCause(parsed.event, settings);
  if (parsed.kind === 'skipped' || skipped !== undefined) {
    return `${title}\n  skipped: ${skipRules[skipped ?? ''] ?? skipped}\n`;
  }

  const map = (event: JsonObject) => operationsOf(event, settings);
  const operations = map(value);
  const { fields, unused } = provenanceOf(value, map);
  const [path, body] = requestOf(value, settings);
  const rows = fields.map((list) => list.filter(({ name }) => name !== 'method'));
  const nameWidth = Math.max(...rows.flat().map(({ name }) => name.length));
  const valueWidth = Math.min(
    WIDEST_COLUMN,
    Math.max(...rows.flat().map(({ value }) => shorten(value).length)),
  );
  const shown = operations.flatMap((operation, index) => [
    '',
    `  ${strong(operation.method)}`,
    ...(rows[index] ?? []).map((field) => {
      const [name, text] = [field.name.padEnd(nameWidth), shorten(field.value).padEnd(valueWidth)];
      return `    ${name}  ${text}  ${styleText('dim', accountOf(field), { stream })}`;
    }),
  ]);
  // The type is not sent, but it chose the rule.
  const left = unused.map((each) => each.join('.')).filter((name) => name !== 'type');
  return [
    title,
    `  ${rules[parsed.event.type](operations.length)}`,
    ...shown,
    '',
    ...(left.length > 0 ? [`  not sent: ${left.join(', ')}`, ''] : []),
    `  POST ${path}`,
    `  ${body}`,
    '',
  ].join('\n');
}

function titleOf(event: JsonObject): string {
  const textAt = (key: string) => {
    const value = event[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const name = textAt('event') ?? textAt('name');
  const id = textAt('messageId');
  return [textAt('type') ?? 'an event without type', name && JSON.stringify(name), id && `(messageId ${id})`]
    .filter(Boolean)
    .join(' ');
}

function operationsOf(event: JsonObject, settings: MappingSettings): Operation[] {
  const parsed = parseEvent(event);
  return parsed.kind === 'event' ? mapEvent(parsed.event, settings) : [];
}

/** As the worker would make it if the event were alone. */
function requestOf(event: JsonObject, settings: MappingSettings): [path: string, body: string] {
  const work = workOf(
    {
      messageId: '',
      receiptHandle: '',
      body: JSON.stringify(event),
      groupId: '',
      sentAt: 0,
      receiveCount: 1,
      attributes: {},
    },
    settings,
  );
  const parts = 'invalid' in work ? [] : work.parts;
  const path = pathOf(
    parts.map((part) => part.work),
    settings.alias === 'single',
  );
  return [path, bodyOf({ path, items: merge(parts) })];
}

const LONGEST = 60;
const WIDEST_COLUMN = 32;

function shorten(value: Json): string {
  const json = JSON.stringify(value);
  return json.length <= LONGEST ? json : `${json.slice(0, LONGEST)}…`;
}

function accountOf(field: Field): string {
  const { origins } = field;
  if (origins.length === 0) return 'always, by the rule';
  const paths = origins.map(({ path }) => path.join('.')).join(' and ');
  const [origin] = origins;
  const notes = origins.length === 1 && origin !== undefined ? notesOf(field, origin.path, origin.value) : [];
  return [`← ${paths}`, ...notes].join(', ');
}

/** What was done to a value on its way. */
function notesOf({ name, value }: Field, path: Path, original: Json): string[] {
  if (name === 'event_uid') return ['in snake_case'];
  if (name === 'created_at') return value === original ? [] : ['in UTC with milliseconds'];
  return [...renamed(name, path), ...converted(value, original)];
}

/** Flattened keys are joined by `_`, and move out of the way of what the user wrote or Salesmachine reserves. */
function renamed(name: string, [parent, ...keys]: Path): string[] {
  const isAttribute = parent === 'traits' || parent === 'properties';
  if (!isAttribute || !name.startsWith('params.')) return [];
  const joined = keys.join('_');
  const flattened = keys.length > 1 ? ['flattened'] : [];
  if (name === `params.${joined}`) return flattened;
  const moved = name.startsWith(`params.${joined}_`);
  return moved ? [...flattened, `renamed because ${joined} is taken or reserved`] : flattened;
}

function converted(value: Json, original: Json): string[] {
  if (Array.isArray(original)) {
    const isJson = typeof value === 'string' && value.startsWith('[');
    return [isJson ? 'the list as JSON text' : 'the list joined'];
  }
  return typeof value === typeof original ? [] : ['as text'];
}
