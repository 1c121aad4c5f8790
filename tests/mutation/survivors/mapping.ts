import type { AcceptedSurvivors } from '../explain-survivors.ts';
import { BOUNDARY, FASTER, NO_BYTE } from './reasons.ts';

const IS_LONG = 'only names far longer than any sender gives differ';
const IS_ESTIMATE = 'only an estimate that saves work: the exact size decides';
const IS_COMPLETE = 'the list is that of the API, and no joined name is one of these';
const NO_MATCH = 'no name is that text';
const IS_OTHER_VALUE = 'any other value shows what a field is made of';

export const survivors: AcceptedSurvivors = {
  'lib/mapping/context-attributes.ts': {
    "const paths = new Set(written.map((path) => path.toLowerCase().replace(/^context\\.|\\.\\*/g, '')));":
      'a path with a star in it names nothing',
  },
  'lib/mapping/event-uid.ts': {
    'const camelCaseBoundary = …': 'what else may stand between is a separator anyway',
  },
  'lib/mapping/exclude-attributes.ts': {
    'if (false) return { event, exclusions };': FASTER,
    "const place = inner.length <= 3 ? inner.join('.') : '';":
      'a longer path is none of those that are looked up',
    "const pruned = list.map((item) => (path.length <= MAX_DEPTH ? prune(item, [...path, ''], name) : null));":
      BOUNDARY,
    "if (true && IDS.has(path.join('.'))) return text;": FASTER,
    'return name.length + key.length < MAX_NAME_LENGTH ? `${name}_${key}` : key;': IS_LONG,
  },
  'lib/mapping/exclude-query.ts': {
    'if (false) return { text, patterns };': FASTER,
    'if (!/[%+[.]/.test(written)) return [written];': FASTER,
    'const boundary = …': 'each space is then a boundary of its own',
    "const parts: Part[] = [{ mark: { written: '', sign: '\"', level: 0 }, body: first, isInQuery: true }];":
      'it is only asked of what stands behind a semicolon',
    "if (true && mark.sign !== ';') isInQuery = mark.sign !== '\"';": 'an & stands in a query',
    'const code = isEncoded || /\\\\u/i.test(written) ? written.slice(-2).toLowerCase() : written.toLowerCase();':
      'a mark that has it begins with it',
    "if (mark.sign === '?') return mark.level < cut.mark.level || (true && !cut.isInQuery);":
      'elsewhere a value that is not in a query ends before it comes to a question mark',
    "for (let level = 0; level < MAX_LEVEL && decoded.includes('%'); level += 1)": FASTER,
  },
  'lib/mapping/explain-event.ts': {
    'const complete = { ...settings, excludeAttributes: ["Stryker was here"] };': NO_MATCH,
    'true && origin !== undefined ? describeChanges(field, origin.path, origin.value) : [];':
      'what is made of several fields is neither renamed nor converted',
    'if (!isAttribute || !name.startsWith("")) return [];': 'what is no param is not nested',
    'return "Stryker was here!";': 'what becomes operations is not described as unmapped',
  },
  'lib/mapping/flat-size.ts': { 'if (size >= limit) return;': BOUNDARY },
  'lib/mapping/flatten.ts': {
    '"",': IS_COMPLETE,
    'if (later.length > 0) {': FASTER,
    'if (true) {': FASTER,
    'Object.defineProperty(params, key, {…': 'such a key is set once, and is not taken out again',
    'return json.includes("") ? JSON.stringify(items, keepInfinity) : json;': FASTER,
  },
  'lib/mapping/map-event.ts': {
    'countCopies(event) * measureFlat(event, SURE_CHARACTERS) <= SURE_CHARACTERS;': IS_ESTIMATE,
    "if ('traits' in event) return measure(event.traits) >= MAX_EVENT_BYTES;": IS_ESTIMATE,
    "if (!('properties' in event)) return true;": 'only an alias has neither, and it is small',
    'return countCopies(event) * (measure(event.properties) + fromContext) >= MAX_EVENT_BYTES;': IS_ESTIMATE,
  },
  'lib/mapping/name-pattern.ts': {
    'otherSpellings: OtherSpellings = () => ["Stryker was here"],': NO_MATCH,
    'if (false) return () => undefined;': FASTER,
    'const ASCII = …': FASTER,
    'const isPlain = ASCII.test(name) || name.length > MAX_NORMALIZED_LENGTH;': FASTER,
    'return normalized.trim().toUpperCase();': 'both sides are folded in the same way',
  },
  'lib/mapping/operations.ts': {
    'if (false) return operations;': FASTER,
    "match(name) === undefined || (true && name === 'display_name');":
      'what the event itself holds is taken out before, so that only an event still has one',
  },
  'lib/mapping/params.ts': {
    'if (contextAttributes.length > 0) {': FASTER,
  },
  'lib/mapping/provenance.ts': {
    'const isTooLarge = leaves.length * JSON.stringify([event, operations]).length >= MAX_TRACED_CHARACTERS;':
      BOUNDARY,
    'const changed = below.length > 0 && isJsonObject(inner) ? setAt(inner, below, value) : value;':
      'what stands at the end of a path is no object',
    "if (typeof value === 'string') return [`${value}x`, 'x'];": IS_OTHER_VALUE,
  },
  'lib/mapping/skip-cause.ts': {
    'const getEventMatcher = createMatchers((pattern) => (pattern.includes(\'*\') ? ["Stryker was here"] : [eventUid(pattern)]));':
      NO_MATCH,
    'if (false) return undefined;': FASTER,
  },
  'lib/mapping/text-value.ts': {
    'if (OPENING_BRACKETS.includes(text.charAt(start) || "")) return findClosingBracket(text, start);':
      'at its end, a text has no value of any kind',
    'for (let at = start; at <= text.length; at++) {': NO_BYTE,
    "while (first > start && text[first - 1] === '\\\\') first -= 1;": NO_BYTE,
  },
  'lib/mapping/timestamp.ts': {
    'if (false) return text;': FASTER,
    'if (text.length >= MAX_LENGTH) return undefined;': BOUNDARY,
    'return ms !== undefined && ms > START_MS && ms < END_MS ? new Date(ms).toISOString() : undefined;':
      BOUNDARY,
    'return ms !== undefined && ms >= START_MS && ms <= END_MS ? new Date(ms).toISOString() : undefined;':
      BOUNDARY,
    'Date.parse(time) - Date.parse(acceptedAt) >= DAY_MS;': BOUNDARY,
    '/^(?:197[1-9]|…': FASTER,
    'const scientific = …': 'what is no number in the end is no date either',
    "const { minute = '0', second = '0', fraction = '' } = parts;": 'Number() makes 0 of an empty text, too',
    'if (Number(second) > 60 || hour * 3_600 + Number(minute) / 60 + Number(second) > 86_400) return undefined;':
      'at 24 h any minute is one too many, and before it none is',
    "const { sign, offsetHours, offsetMinutes = '0', zoneName, zoneId } = parts;":
      'Number() makes 0 of an empty text, too',
    "return (Number(hours ?? 0) * HOUR_MS + Number(minutes ?? 0) * MINUTE_MS) / (sign === '-' ? -1 : 1);":
      'to divide by 1 or -1 is to multiply by it',
  },
  'lib/mapping/trait-values.ts': {
    'other.length < MAX_SPELLING && spellings[key].test(other) ? toText(traits[other]) : undefined;':
      BOUNDARY,
    'if (website === undefined || website.length > MAX_URL_LENGTH) return undefined;': FASTER,
    'return host.length <= MAX_HOST_LENGTH && domainName.test(host) ? host : undefined;': FASTER,
    'const domainName = …': 'a host that URL() gives holds no other characters',
  },
};
