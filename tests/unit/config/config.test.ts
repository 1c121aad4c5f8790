import { describe, expect, test } from '@jest/globals';
import {
  type Environment,
  readIngestSettings,
  readLogSettings,
  readMappingSettings,
  readWorkerConfig,
} from '../../../lib/config/config.ts';
import { DEFAULT_MAPPING } from '../../support/mapping-settings.ts';

const QUEUES = { QUEUE_URL: 'https://sqs/main.fifo', DEAD_LETTER_QUEUE_URL: 'https://sqs/dead.fifo' };
const INGEST: Environment = { ...QUEUES, SEGMENT_SHARED_SECRETS: 'shared' };
const WORKER: Environment = { ...QUEUES, SALESMACHINE_API_TOKEN: 'token', SALESMACHINE_API_SECRET: 'secret' };

function problemOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return String(error);
  }
  throw new Error('The settings were accepted.');
}

describe("the worker's settings", () => {
  test('are those of the documents, where nothing else is said', () => {
    expect(readWorkerConfig(WORKER)).toEqual({
      queueUrl: QUEUES.QUEUE_URL,
      deadLetterQueueUrl: QUEUES.DEAD_LETTER_QUEUE_URL,
      salesmachine: { url: 'https://api.salesmachine.io', token: 'token', secret: 'secret' },
      delivery: {
        quota: { requests: 900, windowSeconds: 300, share: 0.97, lanes: 2 },
        mapping: DEFAULT_MAPPING,
        maxEventAgeMs: 72 * 3_600_000,
      },
    });
  });

  test('are read from their variables', () => {
    const env = {
      ...WORKER,
      SALESMACHINE_URL: 'https://api.successeve.com',
      RATE_LIMIT_REQUESTS: '90',
      RATE_LIMIT_WINDOW_SECONDS: '3.5',
      RATE_LIMIT_SHARE: '0.5',
      LANES: '10',
      MAX_EVENT_AGE_HOURS: '1.5',
      ANONYMOUS_CONTACTS: 'skip',
      ALIAS: 'batch',
    };
    expect(readWorkerConfig(env)).toMatchObject({
      salesmachine: { url: 'https://api.successeve.com' },
      delivery: {
        quota: { requests: 90, windowSeconds: 3.5, share: 0.5, lanes: 10 },
        mapping: { ...DEFAULT_MAPPING, anonymousContacts: 'skip', alias: 'batch' },
        maxEventAgeMs: 5_400_000,
      },
    });
  });

  test('that are empty or blank count as not set', () => {
    const blank = { SALESMACHINE_URL: '', LANES: ' ', ALIAS: '\t' };
    expect(readWorkerConfig({ ...WORKER, ...blank })).toEqual(readWorkerConfig(WORKER));
    expect(() => readWorkerConfig({ ...WORKER, SALESMACHINE_API_TOKEN: ' ' })).toThrow(
      'SALESMACHINE_API_TOKEN is not set',
    );
  });

  test.each([
    ['SALESMACHINE_URL', 'nowhere'],
    ['SALESMACHINE_URL', 'localhost:9000'],
    ['SALESMACHINE_URL', 'ftp://api.salesmachine.io'],
    ['SALESMACHINE_URL', 'ftp://api.salesmachine.io/http:'],
    ['RATE_LIMIT_REQUESTS', '0'],
    ['RATE_LIMIT_REQUESTS', '1.5'],
    ['RATE_LIMIT_REQUESTS', '900 per 300 s'],
    ['RATE_LIMIT_WINDOW_SECONDS', 'NaN'],
    ['RATE_LIMIT_WINDOW_SECONDS', 'Infinity'],
    ['RATE_LIMIT_SHARE', '0'],
    ['RATE_LIMIT_SHARE', '1.01'],
    ['RATE_LIMIT_SHARE', '97%'],
    ['LANES', '1'],
    ['LANES', '11'],
    ['MAX_EVENT_AGE_HOURS', '0.9'],
    ['MAX_EVENT_AGE_HOURS', '337'],
    ['ANONYMOUS_CONTACTS', 'Keep'],
    ['ALIAS', 'alone'],
  ])('refuse %s=%s, and name only that', (name, value) => {
    const problem = problemOf(() => readWorkerConfig({ ...WORKER, [name]: value }));
    expect(problem).toMatch(
      new RegExp(`^SettingsError: The settings cannot be used: ${name} must be [^;]+\\.$`),
    );
  });
});

describe("the worker's settings take their limits:", () => {
  test.each([
    ['RATE_LIMIT_REQUESTS', '1'],
    ['RATE_LIMIT_REQUESTS', '1000000'],
    ['RATE_LIMIT_WINDOW_SECONDS', '1'],
    ['RATE_LIMIT_WINDOW_SECONDS', '86400'],
    ['RATE_LIMIT_SHARE', '0.01'],
    ['RATE_LIMIT_SHARE', '1'],
    ['LANES', '2'],
    ['LANES', '10'],
    ['MAX_EVENT_AGE_HOURS', '1'],
    ['MAX_EVENT_AGE_HOURS', '336'],
  ])('%s=%s', (name, value) => {
    const { quota, maxEventAgeMs } = readWorkerConfig({ ...WORKER, [name]: value }).delivery;
    expect([...Object.values(quota), maxEventAgeMs / 3_600_000]).toContain(Number(value));
  });
});

describe('what is logged', () => {
  test('is every line, and no metric, where nothing else is said', () => {
    expect(readLogSettings({})).toEqual({ level: 'info', infoSampleRate: 1, namespace: '' });
  });

  test.each([
    ['DEBUG', 'debug'],
    ['INFO', 'info'],
    ['WARN', 'warn'],
    ['ERROR', 'error'],
  ])('is set by POWERTOOLS_LOG_LEVEL=%s, LOG_SUCCESS_SHARE and METRICS_NAMESPACE', (name, level) => {
    const env = { POWERTOOLS_LOG_LEVEL: name, LOG_SUCCESS_SHARE: '0', METRICS_NAMESPACE: 'relay/prod' };
    expect(readLogSettings(env)).toEqual({ level, infoSampleRate: 0, namespace: 'relay/prod' });
  });
});

describe("the ingest's settings", () => {
  test('hold lists of secrets and tokens, without blanks', () => {
    const env = { ...QUEUES, SEGMENT_SHARED_SECRETS: ' old , new,', INGEST_TOKENS: ',one' };
    expect(readIngestSettings(env)).toMatchObject({
      credentials: { sharedSecrets: ['old', 'new'], tokens: ['one'] },
      policy: { requireBoth: false, onBadSignature: 'reject', allowUnauthenticated: false },
    });
  });

  test.each([{}, { SEGMENT_SHARED_SECRETS: ' , ', INGEST_TOKENS: '' }, { INGEST_OPEN: 'false' }])(
    'refuse to let anybody in unasked: %j',
    (env) => {
      expect(() => readIngestSettings({ ...QUEUES, ...env })).toThrow('or INGEST_OPEN=true');
    },
  );

  test('let anybody in if they say so', () => {
    expect(readIngestSettings({ ...QUEUES, INGEST_OPEN: 'true' })).toMatchObject({
      credentials: { sharedSecrets: [], tokens: [] },
      policy: { allowUnauthenticated: true },
    });
  });

  test.each([{ SEGMENT_SHARED_SECRETS: 'shared' }, { INGEST_TOKENS: 'token' }, { INGEST_OPEN: 'true' }])(
    'cannot demand both kinds of credential with %j alone',
    (env) => {
      expect(() => readIngestSettings({ ...QUEUES, ...env, REQUIRE_BOTH: 'true' })).toThrow(
        'REQUIRE_BOTH needs both SEGMENT_SHARED_SECRETS and INGEST_TOKENS',
      );
    },
  );

  test('demand both kinds of credential where both are there', () => {
    const env = { ...INGEST, INGEST_TOKENS: 'token', REQUIRE_BOTH: 'true', ON_BAD_SIGNATURE: 'retry' };
    expect(readIngestSettings(env).policy).toEqual({
      requireBoth: true,
      onBadSignature: 'retry',
      allowUnauthenticated: false,
    });
  });

  test.each(['TRUE', 'yes', '1'])('refuse REQUIRE_BOTH=%s instead of taking it for false', (value) => {
    expect(() => readIngestSettings({ ...INGEST, REQUIRE_BOTH: value })).toThrow(
      'REQUIRE_BOTH must be true or false',
    );
  });
});

test('every problem is said at once, and no value with it', () => {
  const worker = {
    SALESMACHINE_API_SECRET: 's3cret',
    SALESMACHINE_URL: 'n0where',
    LANES: '99',
    ALIAS: 'maybe',
  };
  const ingest = { REQUIRE_BOTH: 'perhaps', ON_BAD_SIGNATURE: 'shrug' };
  const problems = [problemOf(() => readWorkerConfig(worker)), problemOf(() => readIngestSettings(ingest))];

  const workersNames = ['QUEUE_URL', 'SALESMACHINE_API_TOKEN', 'SALESMACHINE_URL', 'LANES', 'ALIAS'];
  for (const name of workersNames) expect(problems[0]).toContain(name);
  const ingestsNames = [
    'DEAD_LETTER_QUEUE_URL',
    'REQUIRE_BOTH',
    'ON_BAD_SIGNATURE',
    'SEGMENT_SHARED_SECRETS',
  ];
  for (const name of ingestsNames) expect(problems[1]).toContain(name);
  for (const value of [...Object.values(worker), ...Object.values(ingest)])
    expect(problems.join()).not.toContain(value);
});

test('the mapping needs none of what only a deployed function has', () => {
  expect(readMappingSettings({ ALIAS: 'off', EXCLUDE_ATTRIBUTES: 'email, *token*' })).toEqual({
    anonymousContacts: 'keep',
    alias: 'off',
    screen: 'skip',
    contextAttributes: [],
    excludeEvents: [],
    excludeAttributes: ['email', '*token*'],
    excludeQuery: [],
  });
});

test('paths of the context may be written as in the event, and overlap', () => {
  const env = {
    CONTEXT_ATTRIBUTES: 'Campaign, context.page.url, campaign.source, page.url, userAgent, os.*',
  };
  expect(readMappingSettings(env).contextAttributes).toEqual(['campaign', 'page.url', 'useragent', 'os']);
});
