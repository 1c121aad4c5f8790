import * as v from 'valibot';
import type { DeliverySettings } from '../delivery/lane.ts';
import type { IngestSettings } from '../ingest/ingest-settings.ts';
import type { MappingSettings } from '../mapping/mapping-settings.ts';
import { SettingsError } from '../runtime/errors.ts';
import type { LogSettings } from '../telemetry/log.ts';
import { LEVELS } from '../telemetry/log-level.ts';
import type { Environment } from './secrets.ts';
import { MAPPING_SETTINGS, type SettingName, settings } from './settings.ts';

export type { Environment } from './secrets.ts';

type SettingValues<Name extends SettingName> = { [N in Name]: v.InferOutput<(typeof settings)[N]['schema']> };

/**
 * The named settings as typed values. An empty variable counts as not set. `crossCheck` returns what is wrong
 * with them as a whole; a setting that is wrong by itself is not among its values.
 *
 * @throws SettingsError
 */
function readSettings<Name extends SettingName>(
  env: Environment,
  names: readonly Name[],
  crossCheck: (values: Partial<SettingValues<Name>>) => string[] = () => [],
): SettingValues<Name> {
  const problems: string[] = [];
  const entries = names.flatMap((name) => {
    const setting: { schema: v.GenericSchema<string, unknown>; default?: string } = settings[name];
    const raw = env[name]?.trim() || setting.default;
    if (raw === undefined) {
      problems.push(`${name} is not set`);
      return [];
    }
    const result = v.safeParse(setting.schema, raw);
    if (result.success) return [[name, result.output]];
    problems.push(`${name} ${result.issues[0].message}`);
    return [];
  });
  const values = Object.fromEntries(entries);
  problems.push(...crossCheck(values));
  if (problems.length > 0) throw new SettingsError(`The settings cannot be used: ${problems.join('; ')}.`);
  return values;
}

const toMappingSettings = (values: SettingValues<(typeof MAPPING_SETTINGS)[number]>): MappingSettings => ({
  anonymousContacts: values.ANONYMOUS_CONTACTS,
  alias: values.ALIAS,
  screen: values.SCREEN,
  contextAttributes: values.CONTEXT_ATTRIBUTES,
  excludeEvents: values.EXCLUDE_EVENTS,
  excludeAttributes: values.EXCLUDE_ATTRIBUTES,
  excludeQuery: values.EXCLUDE_QUERY,
});

/** What the mapping obeys, without what only a deployed function needs. */
export function readMappingSettings(env: Environment): MappingSettings {
  return toMappingSettings(readSettings(env, MAPPING_SETTINGS));
}

type QueueUrls = { queueUrl: string; deadLetterQueueUrl: string };

const ingestNames = [
  'QUEUE_URL',
  'DEAD_LETTER_QUEUE_URL',
  'SEGMENT_SHARED_SECRETS',
  'INGEST_TOKENS',
  'REQUIRE_BOTH',
  'INGEST_OPEN',
  'ON_BAD_SIGNATURE',
  ...MAPPING_SETTINGS,
] as const;

/** A relay that accepts from anyone must say so, and one that can accept from no one must not start. */
function validateCredentials(values: Partial<SettingValues<(typeof ingestNames)[number]>>): string[] {
  const hasSecret = Boolean(values.SEGMENT_SHARED_SECRETS?.length);
  const hasToken = Boolean(values.INGEST_TOKENS?.length);
  const problems: string[] = [];
  if (!hasSecret && !hasToken && !values.INGEST_OPEN) {
    problems.push(
      'SEGMENT_SHARED_SECRETS or INGEST_TOKENS must be set (or INGEST_OPEN=true, to accept from anyone)',
    );
  }
  if (values.REQUIRE_BOTH && !(hasSecret && hasToken)) {
    problems.push('REQUIRE_BOTH needs both SEGMENT_SHARED_SECRETS and INGEST_TOKENS');
  }
  return problems;
}

/** What the ingest needs to know. */
export function readIngestSettings(env: Environment): IngestSettings {
  const values = readSettings(env, ingestNames, validateCredentials);
  return {
    queueUrl: values.QUEUE_URL,
    deadLetterQueueUrl: values.DEAD_LETTER_QUEUE_URL,
    credentials: { sharedSecrets: values.SEGMENT_SHARED_SECRETS, tokens: values.INGEST_TOKENS },
    policy: {
      requireBoth: values.REQUIRE_BOTH,
      onBadSignature: values.ON_BAD_SIGNATURE,
      allowUnauthenticated: values.INGEST_OPEN,
    },
    mapping: toMappingSettings(values),
  };
}

export type WorkerConfig = QueueUrls & {
  salesmachine: { url: string; token: string; secret: string };
  delivery: DeliverySettings;
};

const HOUR_MS = 3_600_000;

const deliveryNames = [
  'RATE_LIMIT_REQUESTS',
  'RATE_LIMIT_WINDOW_SECONDS',
  'RATE_LIMIT_SHARE',
  'LANES',
  'MAX_EVENT_AGE_HOURS',
  ...MAPPING_SETTINGS,
] as const;

const toDeliverySettings = (values: SettingValues<(typeof deliveryNames)[number]>): DeliverySettings => ({
  quota: {
    requests: values.RATE_LIMIT_REQUESTS,
    windowSeconds: values.RATE_LIMIT_WINDOW_SECONDS,
    share: values.RATE_LIMIT_SHARE,
    lanes: values.LANES,
  },
  mapping: toMappingSettings(values),
  maxEventAgeMs: values.MAX_EVENT_AGE_HOURS * HOUR_MS,
});

/** How events are mapped and how fast they go, without what only a deployed function needs. */
export function readDeliverySettings(env: Environment): DeliverySettings {
  return toDeliverySettings(readSettings(env, deliveryNames));
}

const salesmachineNames = ['SALESMACHINE_URL', 'SALESMACHINE_API_TOKEN', 'SALESMACHINE_API_SECRET'] as const;

const toSalesmachineSettings = (
  values: SettingValues<(typeof salesmachineNames)[number]>,
): WorkerConfig['salesmachine'] => ({
  url: values.SALESMACHINE_URL,
  token: values.SALESMACHINE_API_TOKEN,
  secret: values.SALESMACHINE_API_SECRET,
});

/** Where Salesmachine is, and the credential for it. */
export function readSalesmachineSettings(env: Environment): WorkerConfig['salesmachine'] {
  return toSalesmachineSettings(readSettings(env, salesmachineNames));
}

/** What the worker needs to know. */
export function readWorkerConfig(env: Environment): WorkerConfig {
  const values = readSettings(env, [
    'QUEUE_URL',
    'DEAD_LETTER_QUEUE_URL',
    ...salesmachineNames,
    ...deliveryNames,
  ]);
  return {
    queueUrl: values.QUEUE_URL,
    deadLetterQueueUrl: values.DEAD_LETTER_QUEUE_URL,
    salesmachine: toSalesmachineSettings(values),
    delivery: toDeliverySettings(values),
  };
}

export type ReplayConfig = QueueUrls & { mapping: MappingSettings };

/** What the replay needs to know. */
export function readReplayConfig(env: Environment): ReplayConfig {
  const values = readSettings(env, ['QUEUE_URL', 'DEAD_LETTER_QUEUE_URL', ...MAPPING_SETTINGS]);
  return {
    queueUrl: values.QUEUE_URL,
    deadLetterQueueUrl: values.DEAD_LETTER_QUEUE_URL,
    mapping: toMappingSettings(values),
  };
}

/** What is logged, and where the metrics go. */
export function readLogSettings(env: Environment): LogSettings {
  const values = readSettings(env, ['POWERTOOLS_LOG_LEVEL', 'LOG_SUCCESS_SHARE', 'METRICS_NAMESPACE']);
  return {
    level: LEVELS.find((level) => level.toUpperCase() === values.POWERTOOLS_LOG_LEVEL) ?? 'info',
    infoSampleRate: values.LOG_SUCCESS_SHARE,
    namespace: values.METRICS_NAMESPACE,
  };
}
