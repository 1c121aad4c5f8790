import { isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';
import type { Operation, Scalar } from '../salesmachine/operation.ts';
import type { SegmentEvent } from '../segment/event.ts';
import { type Exclusion, excludeAttributes } from './exclude-attributes.ts';
import { type MappedEvent, mapEvent } from './map-event.ts';
import type { MappingSettings } from './mapping-settings.ts';
import { getAttributeMatcher } from './name-pattern.ts';
import { type Field, type Path, traceProvenance } from './provenance.ts';
import { findExcludedName, type SkipCause } from './skip-cause.ts';

/** What was decided for an event, by its type and by how many operations that gave. */
const ruleByType: Record<SegmentEvent['type'], (operations: number) => string> = {
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
  screen: () => 'screen becomes an event of its name, with the properties',
  alias: () => 'alias links two contacts: contact_uid survives',
};

const skipRuleByCause: Record<SkipCause, string> = {
  screen: 'it is a screen call, and SCREEN is skip or it has no name',
  delete: 'delete calls are not supported',
  integrations: '"integrations" says that it is not for Salesmachine',
  excluded: 'its name matches a pattern of EXCLUDE_EVENTS',
  anonymous: 'it is of an anonymous user, and ANONYMOUS_CONTACTS is skip',
  alias_off: 'it is an alias, and ALIAS is off',
  alias_to_itself: 'its userId and its previousId are the same',
};

/** A value of an operation, and where it comes from, for a person. */
export type ExplainedField = { name: string; value: Scalar; origin: string };

/** What else there is to know: what is not sent, what is excluded, that there is no time. */
export type Note = [title: string, texts: readonly string[]];

/** What becomes of an event, and why. */
export type Explanation =
  | {
      kind: 'operations';
      /** What was decided, in a sentence. */
      rule: string;
      operations: readonly Operation[];
      /** By operation, in its order; without the method. */
      fields: ExplainedField[][];
      notes: Note[];
    }
  /** Nothing is sent: it is skipped, or becomes a dead letter. */
  | { kind: 'unmapped'; text: string; notes: Note[] };

/**
 * Explains one event: the rule, where each field comes from, what is left out. The mapping is asked once for each of
 * the event's fields, so of a very large event it is not said where they come from.
 */
export function explainEvent(value: Json, settings: MappingSettings): Explanation {
  const mapped = mapEvent(value, settings);
  const { event, exclusions } = excludeAttributes(value, settings);
  const excluded: Note = ['excluded', exclusions.map(formatExclusion)];
  if (mapped.kind !== 'operations' || !isJsonObject(event))
    return {
      kind: 'unmapped',
      text: describeUnmapped(mapped, event, settings),
      notes: withTexts([excluded]),
    };
  const { operations } = mapped;
  const complete = { ...settings, excludeAttributes: [] };
  const { fields, unused } = traceProvenance(event, (changed) => mapToOperations(changed, complete));
  const isSent = ({ name }: Field, index: number) => hasField(operations[index], name);
  return {
    kind: 'operations',
    rule: ruleByType[mapped.event.type](operations.length),
    operations,
    fields: fields.map((list, index) =>
      list.filter((field) => field.name !== 'method' && isSent(field, index)).map(toExplainedField),
    ),
    notes: withTexts([
      ['not sent', (unused ?? []).map(formatPath).filter((name) => name !== 'type')], // It chose the rule.
      excluded,
      ['excluded when it is sent', describeUnsent(fields, isSent, settings)],
      ['no origins', unused === undefined ? [NO_ORIGINS] : []],
      ['no time', operations[0]?.created_at === undefined ? [NO_TIME] : []],
    ]),
  };
}

const withTexts = (notes: Note[]): Note[] => notes.filter(([, texts]) => texts.length > 0);

const hasField = (operation: Operation | undefined, name: string): boolean =>
  operation === undefined ||
  !name.startsWith(PARAMS) ||
  (operation.method !== 'alias' && Object.hasOwn(operation.params, name.slice(PARAMS.length)));

const PARAMS = 'params.';

/** What only the mapping gives its name, so that it is left out no sooner. */
function describeUnsent(
  fields: readonly Field[][],
  isSent: (field: Field, index: number) => boolean,
  { excludeAttributes: patterns }: MappingSettings,
): string[] {
  const unsent = fields.flatMap((list, index) => list.filter((field) => !isSent(field, index)));
  const texts = unsent.map((field) => {
    const name = field.name.slice(PARAMS.length);
    return `${name} ${describeOrigin(field)} (EXCLUDE_ATTRIBUTES: ${getAttributeMatcher(patterns)(name)})`;
  });
  return [...new Set(texts)];
}

const toExplainedField = (field: Field): ExplainedField => ({
  name: field.name,
  value: field.value,
  origin: describeOrigin(field),
});

const NO_ORIGINS = 'the event is too large to find out in a moment what each value is made of';

const NO_TIME =
  'none can be read from timestamp, originalTimestamp, receivedAt or sentAt; created_at will be when the relay accepts the event';

function describeUnmapped(mapped: MappedEvent, event: Json, settings: MappingSettings): string {
  switch (mapped.kind) {
    case 'skipped': {
      const pattern = isJsonObject(event) ? findExcludedName(event, settings) : undefined;
      const which = mapped.cause === 'excluded' ? `: ${pattern}` : '';
      return `skipped: ${skipRuleByCause[mapped.cause]}${which}`;
    }
    case 'invalid':
      return `unusable, so it becomes a dead letter, invalid_event: ${mapped.detail}`;
    case 'too_large':
      return `unusable, so it becomes a dead letter, too_large: ${mapped.detail}`;
    case 'operations':
      return '';
  }
}

const formatExclusion = ({ path, setting, pattern }: Exclusion): string =>
  `${formatPath(path)} (${setting}: ${pattern})`;

/** A list's item has no name: `items[].sku`. */
const formatPath = (path: Path): string =>
  path
    .map((key) => key || '[]')
    .join('.')
    .replaceAll('.[]', '[]');

function mapToOperations(event: JsonObject, settings: MappingSettings): Operation[] {
  const mapped = mapEvent(event, settings);
  return mapped.kind === 'operations' ? mapped.operations : [];
}

function describeOrigin(field: Field): string {
  const { origins } = field;
  if (origins === undefined) return '';
  if (origins.length === 0) return 'always, by the rule';
  const paths = origins.map(({ path }) => formatPath(path)).join(' and ');
  const [origin] = origins;
  const notes =
    origins.length === 1 && origin !== undefined ? describeChanges(field, origin.path, origin.value) : [];
  return [`← ${paths}`, ...notes].join(', ');
}

/** What was done to a value on its way. */
function describeChanges({ name, value }: Field, path: Path, original: Json): string[] {
  if (name === 'event_uid') return ['in snake_case'];
  if (name === 'created_at') return value === original ? [] : ['in UTC with milliseconds'];
  return [...describeRenaming(name, path), ...describeConversion(value, original)];
}

/** Flattened keys are joined by `_`, and move out of the way of what the user wrote or Salesmachine reserves. */
function describeRenaming(name: string, [parent, ...keys]: Path): string[] {
  const isAttribute = parent === 'traits' || parent === 'properties';
  if (!isAttribute || !name.startsWith('params.')) return [];
  const joined = keys.join('_');
  const flattened = keys.length > 1 ? ['flattened'] : [];
  const moved = name.startsWith(`params.${joined}_`);
  return moved ? [...flattened, `renamed because ${joined} is taken or reserved`] : flattened;
}

function describeConversion(value: Json, original: Json): string[] {
  if (Array.isArray(original)) {
    const isJson = typeof value === 'string' && value.startsWith('[');
    return [isJson ? 'the list as JSON text' : 'the list joined'];
  }
  return typeof value === typeof original ? [] : ['as text'];
}
