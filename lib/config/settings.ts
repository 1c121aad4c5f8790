import * as v from 'valibot';
import { parseContextPaths } from '../mapping/context-attributes.ts';
import { ALIAS_MODES, ANONYMOUS_CONTACTS, SCREEN_MODES } from '../mapping/mapping-settings.ts';

const text = v.string();
const url = v.pipe(
  v.string(),
  v.url('must be a URL'),
  v.regex(/^https?:/i, 'must be a URL that begins with https:// or http://'),
);
const commaSeparated = v.pipe(
  v.string(),
  v.transform((value) => value.split(',').map((item) => item.trim())),
  v.filterItems((item) => item !== ''),
);
const boolean = v.pipe(
  v.picklist(['true', 'false'], 'must be true or false'),
  v.transform((value) => value === 'true'),
);
const numberBetween = (min: number, max: number) => {
  const message = `must be a number from ${min} to ${max}`;
  return v.pipe(
    v.string(),
    v.transform(Number),
    v.number(message),
    v.minValue(min, message),
    v.maxValue(max, message),
  );
};
const integerBetween = (min: number, max: number) =>
  v.pipe(numberBetween(min, max), v.integer('must be a whole number'));
const oneOf = <const T extends readonly string[]>(...options: T) =>
  v.picklist(options, `must be one of ${options.join(', ')}`);

/** Every setting of the deployed functions, by the name of its environment variable. */
export const settings = {
  QUEUE_URL: { schema: text, description: 'the main queue' },
  DEAD_LETTER_QUEUE_URL: { schema: text, description: 'where events go that cannot be delivered' },
  SEGMENT_SHARED_SECRETS: {
    schema: commaSeparated,
    default: '',
    description: "Segment's shared secrets, comma-separated: an event has to be signed with one of them",
  },
  INGEST_TOKENS: {
    schema: commaSeparated,
    default: '',
    description: 'tokens, comma-separated: Bearer, Basic user name, or `writeKey` of an SDK',
  },
  REQUIRE_BOTH: {
    schema: boolean,
    default: 'false',
    description: '`true`: a request needs a valid signature and a valid token; else either suffices',
  },
  INGEST_OPEN: {
    schema: boolean,
    default: 'false',
    description: '`true`: accept from anyone; needed to start with neither secret nor token',
  },
  ON_BAD_SIGNATURE: {
    schema: oneOf('reject', 'retry'),
    default: 'reject',
    description:
      '`reject`: a signature of no known secret is answered 401; `retry`: 503, so that Segment tries again',
  },
  SALESMACHINE_URL: {
    schema: url,
    default: 'https://api.salesmachine.io',
    description: "Salesmachine's API; `https://api.successeve.com` serves the same",
  },
  SALESMACHINE_API_TOKEN: { schema: text, description: "the app's API token" },
  SALESMACHINE_API_SECRET: { schema: text, description: "the app's API secret" },
  RATE_LIMIT_REQUESTS: {
    schema: integerBetween(1, 1_000_000),
    default: '900',
    description: 'requests that Salesmachine allows in a window',
  },
  RATE_LIMIT_WINDOW_SECONDS: {
    schema: numberBetween(1, 86_400),
    default: '300',
    description: 'the length of that window',
  },
  RATE_LIMIT_SHARE: {
    schema: numberBetween(0.01, 1),
    default: '0.97',
    description: 'how much of it the relay may use; lower it if others send to the same app',
  },
  LANES: {
    schema: integerBetween(2, 10),
    default: '2',
    description: 'workers that run at the same time; each gets its part of the rate',
  },
  MAX_EVENT_AGE_HOURS: {
    schema: numberBetween(1, 336),
    default: '72',
    description:
      "how long an event is tried that alone fails with a server's error, before it is a dead letter",
  },
  ANONYMOUS_CONTACTS: {
    schema: oneOf(...ANONYMOUS_CONTACTS),
    default: 'keep',
    description: '`skip`: events of users without a `userId` are skipped, and counted',
  },
  ALIAS: {
    schema: oneOf(...ALIAS_MODES),
    default: 'single',
    description: 'how alias calls are sent: alone, in the batch with the others, or not at all',
  },
  SCREEN: {
    schema: oneOf(...SCREEN_MODES),
    default: 'skip',
    description:
      '`event`: a screen call with a name becomes an event of that name; `skip`: it is skipped, and counted',
  },
  CONTEXT_ATTRIBUTES: {
    schema: v.pipe(
      commaSeparated,
      v.transform((paths) => parseContextPaths(paths)),
    ),
    default: '',
    description: "what of an event's `context` becomes its attributes: `campaign,page.url,locale`",
  },
  EXCLUDE_EVENTS: {
    schema: commaSeparated,
    default: '',
    description:
      'names of events, pages and screens that are skipped, and counted; any case, `*` for any text',
  },
  EXCLUDE_ATTRIBUTES: {
    schema: commaSeparated,
    default: '',
    description:
      'names of attributes, as Salesmachine would see them, that are neither stored nor sent: `password,*token*`',
  },
  EXCLUDE_QUERY: {
    schema: commaSeparated,
    default: '',
    description: 'names of query parameters that are cut out of URLs: `token,key,sig*`',
  },
  POWERTOOLS_LOG_LEVEL: {
    schema: oneOf('DEBUG', 'INFO', 'WARN', 'ERROR'),
    default: 'INFO',
    description: 'the least level of a log line that is written',
  },
  LOG_SUCCESS_SHARE: {
    schema: numberBetween(0, 1),
    default: '1',
    description:
      'how many of the `INFO` lines are written, for much traffic; what is left out is counted all the same',
  },
  METRICS_NAMESPACE: {
    schema: text,
    default: '',
    description: "CloudWatch's namespace for the metrics; none: no metrics",
  },
} as const;

export type SettingName = keyof typeof settings;

export const isSettingName = (name: string): name is SettingName => Object.hasOwn(settings, name);

export const SETTING_NAMES: readonly SettingName[] = Object.keys(settings).filter(isSettingName);

/** Those that the mapping obeys. */
export const MAPPING_SETTINGS = [
  'ANONYMOUS_CONTACTS',
  'ALIAS',
  'SCREEN',
  'CONTEXT_ATTRIBUTES',
  'EXCLUDE_EVENTS',
  'EXCLUDE_ATTRIBUTES',
  'EXCLUDE_QUERY',
] as const satisfies readonly SettingName[];
