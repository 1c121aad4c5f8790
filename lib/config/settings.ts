import * as v from 'valibot';

const text = v.string();
const url = v.pipe(
  v.string(),
  v.url('must be a URL'),
  v.regex(/^https?:/i, 'must be a URL that begins with https:// or http://'),
);
const list = v.pipe(
  v.string(),
  v.transform((value) => value.split(',').map((item) => item.trim())),
  v.filterItems((item) => item !== ''),
);
const flag = v.pipe(
  v.picklist(['true', 'false'], 'must be true or false'),
  v.transform((value) => value === 'true'),
);
const number = (least: number, most: number) => {
  const message = `must be a number from ${least} to ${most}`;
  return v.pipe(
    v.string(),
    v.transform(Number),
    v.number(message),
    v.minValue(least, message),
    v.maxValue(most, message),
  );
};
const whole = (least: number, most: number) =>
  v.pipe(number(least, most), v.integer('must be a whole number'));
const choice = <const T extends readonly string[]>(...options: T) =>
  v.picklist(options, `must be one of ${options.join(', ')}`);

/** Every setting of the deployed functions, by the name of its environment variable. */
export const settings = {
  QUEUE_URL: { schema: text, about: 'the main queue' },
  DEAD_LETTER_QUEUE_URL: { schema: text, about: 'where events go that cannot be delivered' },
  SEGMENT_SHARED_SECRETS: {
    schema: list,
    fallback: '',
    about: "Segment's shared secrets, comma-separated: any of them signs an event",
  },
  INGEST_TOKENS: {
    schema: list,
    fallback: '',
    about: 'tokens, comma-separated: Bearer, Basic user name, or `writeKey` of an SDK',
  },
  REQUIRE_BOTH: {
    schema: flag,
    fallback: 'false',
    about: '`true`: a request needs a valid signature and a valid token; else either suffices',
  },
  INGEST_OPEN: {
    schema: flag,
    fallback: 'false',
    about: '`true`: accept from anyone; needed to start with neither secret nor token',
  },
  ON_BAD_SIGNATURE: {
    schema: choice('reject', 'retry'),
    fallback: 'reject',
    about:
      '`reject`: a signature of no known secret is answered 401; `retry`: 503, so that Segment tries again',
  },
  SALESMACHINE_URL: {
    schema: url,
    fallback: 'https://api.salesmachine.io',
    about: "Salesmachine's API; `https://api.successeve.com` serves the same",
  },
  SALESMACHINE_API_TOKEN: { schema: text, about: "the app's API token" },
  SALESMACHINE_API_SECRET: { schema: text, about: "the app's API secret" },
  RATE_LIMIT_REQUESTS: {
    schema: whole(1, 1_000_000),
    fallback: '900',
    about: 'requests that Salesmachine allows in a window',
  },
  RATE_LIMIT_WINDOW_SECONDS: {
    schema: number(1, 86_400),
    fallback: '300',
    about: 'the length of that window',
  },
  RATE_LIMIT_SHARE: {
    schema: number(0.01, 1),
    fallback: '0.97',
    about: 'how much of it the relay may use; lower it if others send to the same app',
  },
  LANES: {
    schema: whole(2, 10),
    fallback: '2',
    about: 'workers that run at the same time; each gets its part of the rate',
  },
  MAX_EVENT_AGE_HOURS: {
    schema: number(1, 336),
    fallback: '72',
    about: "how long an event is tried that alone fails with a server's error, before it is a dead letter",
  },
  ANONYMOUS_CONTACTS: {
    schema: choice('keep', 'skip'),
    fallback: 'keep',
    about: '`skip`: events of users without a `userId` are skipped, and counted',
  },
  ALIAS: {
    schema: choice('single', 'batch', 'off'),
    fallback: 'single',
    about: 'how alias calls are sent: alone, in the batch with the others, or not at all',
  },
  POWERTOOLS_LOG_LEVEL: {
    schema: choice('DEBUG', 'INFO', 'WARN', 'ERROR'),
    fallback: 'INFO',
    about: 'the least level of a log line that is written',
  },
  LOG_SUCCESS_SHARE: {
    schema: number(0, 1),
    fallback: '1',
    about:
      'how many of the `INFO` lines are written, for much traffic; what is left out is counted all the same',
  },
  METRICS_NAMESPACE: {
    schema: text,
    fallback: '',
    about: "CloudWatch's namespace for the metrics; none: no metrics",
  },
} as const;

export type SettingName = keyof typeof settings;
