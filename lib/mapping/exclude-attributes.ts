import { isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';
import { excludeQuery } from './exclude-query.ts';
import { excludeFields, excludeMembers } from './exclude-text.ts';
import type { MappingSettings } from './mapping-settings.ts';
import { getAttributeMatcher, getMatcher } from './name-pattern.ts';

/** What was taken out of an event: where it stood, and the pattern that it matched. */
export type Exclusion = {
  path: readonly string[];
  setting: 'EXCLUDE_ATTRIBUTES' | 'EXCLUDE_QUERY';
  pattern: string;
};

/** What an event consists of. It is no attribute: without it there would be another event, or none. */
const STRUCTURE: ReadonlySet<string> = new Set([
  'type',
  'messageId',
  'userId',
  'anonymousId',
  'groupId',
  'previousId',
  'event',
  'name',
  'timestamp',
  'originalTimestamp',
  'receivedAt',
  'sentAt',
  'version',
  'channel',
  'integrations.All',
  'integrations.Salesmachine',
]);

/** Ids are never changed: a URL can be one. */
const IDS: ReadonlySet<string> = new Set([
  'messageId',
  'userId',
  'anonymousId',
  'groupId',
  'previousId',
  'traits.account_uid',
  'properties.account_uid',
  'context.traits.account_uid',
  'context.groupId',
]);

/** The objects that hold attributes: what is in them is called by its own key. */
const ROOTS: ReadonlySet<string> = new Set([
  'traits',
  'properties',
  'context',
  'context.traits',
  'integrations',
]);

/** What Salesmachine sees under a name that the relay gives it. */
const GIVEN_NAMES: ReadonlyMap<string, string> = new Map([
  ['context.ip', 'visit_ip'],
  ['context.userAgent', 'visit_agent'],
  ['context.page.url', 'visit_url'],
  ['context.groupId', 'account_uid'],
  ['properties.display_name', 'display_name_2'],
]);

/** Deeper than this nothing is looked at, so it is taken out: such an event is invalid anyway. */
const MAX_DEPTH = 100;
/** Longer joined names are those of an attack; a value's own key still counts. */
const MAX_NAME_LENGTH = 1_000;

/**
 * An event without the attributes that `EXCLUDE_ATTRIBUTES` names, and with URLs without the parameters that
 * `EXCLUDE_QUERY` names; the same event if nothing has to go. Excluding twice changes nothing more.
 *
 * A pattern names an attribute as Salesmachine would see it (`address_city`, `visit_ip`), or by its own key at any
 * depth, or an object with all that is in it: to leave out too much is better than to store a password because it stood
 * one level deeper. In a text that is JSON itself, or looks like it, an attribute is found by its own key, and its
 * value becomes `null`; in a form that stands in the place of an event, it becomes empty. Ids, types, times and names
 * of events are no attributes.
 */
export function excludeAttributes(
  event: Json,
  settings: Pick<MappingSettings, 'excludeAttributes' | 'excludeQuery'>,
): { event: Json; exclusions: Exclusion[] } {
  const exclusions: Exclusion[] = [];
  if (settings.excludeAttributes.length + settings.excludeQuery.length === 0) return { event, exclusions };
  const matchAttribute = getAttributeMatcher(settings.excludeAttributes);
  const matchQuery = getMatcher(settings.excludeQuery);

  const prune = (value: Json, path: readonly string[], name: string): Json => {
    if (typeof value === 'string') return pruneText(value, path);
    if (Array.isArray(value)) return pruneList(value, path, name);
    return isJsonObject(value) ? pruneObject(value, path, name) : value;
  };

  function pruneObject(object: JsonObject, path: readonly string[], name: string): JsonObject {
    let isChanged = false;
    const kept = Object.entries(object).flatMap(([key, value]): [string, Json][] => {
      const inner = [...path, key];
      const place = inner.length <= 3 ? inner.join('.') : '';
      const isRoot = ROOTS.has(place) && isJsonObject(value);
      const isAttribute = !isRoot && !STRUCTURE.has(place);
      const joined = isRoot ? '' : joinNames(name, key);
      const pattern = isAttribute ? findPattern(inner, [joined, key, GIVEN_NAMES.get(place)]) : undefined;
      if (pattern !== undefined) {
        exclusions.push({ path: inner, setting: 'EXCLUDE_ATTRIBUTES', pattern });
        isChanged = true;
        return [];
      }
      const pruned = prune(value, inner, joined);
      isChanged ||= pruned !== value;
      return [[key, pruned]];
    });
    // From entries, because a key may be called `__proto__`.
    return isChanged ? Object.fromEntries(kept) : object;
  }

  function pruneList(list: Json[], path: readonly string[], name: string): Json[] {
    const pruned = list.map((item) => (path.length < MAX_DEPTH ? prune(item, [...path, ''], name) : null));
    return pruned.some((item, index) => item !== list[index]) ? pruned : list;
  }

  function pruneText(text: string, path: readonly string[]): string {
    if (path.length <= 3 && IDS.has(path.join('.'))) return text;
    const inJson = text.includes('{') ? excludeMembers(text, matchAttribute) : { text, patterns: [] };
    const isForm = path.length === 1 && !STRUCTURE.has(path[0] ?? '');
    const inForm = isForm ? excludeFields(inJson.text, matchAttribute) : { ...inJson, patterns: [] };
    const inUrls = excludeQuery(inForm.text, matchQuery);
    for (const pattern of new Set([...inJson.patterns, ...inForm.patterns]))
      exclusions.push({ path, setting: 'EXCLUDE_ATTRIBUTES', pattern });
    for (const pattern of new Set(inUrls.patterns))
      exclusions.push({ path, setting: 'EXCLUDE_QUERY', pattern });
    return inUrls.text;
  }

  const findPattern = (
    path: readonly string[],
    names: readonly (string | undefined)[],
  ): string | undefined => {
    if (path.length > MAX_DEPTH) return '*';
    for (const name of names) {
      const pattern = name === undefined ? undefined : matchAttribute(name);
      if (pattern !== undefined) return pattern;
    }
    return undefined;
  };

  return { event: prune(event, [], ''), exclusions };
}

function joinNames(name: string, key: string): string {
  if (name === '') return key;
  return name.length + key.length < MAX_NAME_LENGTH ? `${name}_${key}` : key;
}
