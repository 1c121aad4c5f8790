import {
  type Environment,
  readIngestSettings,
  readLogSettings,
  readWorkerConfig,
  type WorkerConfig,
} from '../config/config.ts';
import type { IngestSettings } from '../ingest/ingest-settings.ts';
import { SettingsError } from '../runtime/errors.ts';
import type { LogSettings } from '../telemetry/log.ts';
import type { FakeSalesmachineOptions } from './salesmachine/fake-salesmachine.ts';

export type LocalConfig = {
  port: number;
  /** Host names beside this machine's own by which `/segment` and `/v1` may be reached: of a tunnel. */
  tunnelHosts: readonly string[];
  /** The environment that it was read from. */
  environment: Environment;
  /** The functions' settings; the queues' addresses are placeholders, which the start replaces. */
  ingest: IngestSettings;
  worker: WorkerConfig;
  log: LogSettings;
  /** Undefined if `SALESMACHINE_URL` names a Salesmachine elsewhere. */
  fakeSalesmachine: Pick<FakeSalesmachineOptions, 'credential' | 'limit'> | undefined;
  /** The settings that were generated, by name: of all secrets, only these may be shown. */
  generated: Environment;
};

/** Replaced at the start, when the addresses are known. */
const PLACEHOLDER_URL = 'http://127.0.0.1';

/**
 * Reads the functions' settings from the environment and generates what is missing, so that the relay starts with
 * nothing configured. What is configured is used as it is: with a shared secret, a token or `INGEST_OPEN` set, no
 * other credential is generated, and with `SALESMACHINE_URL` set, there is no fake.
 *
 * @throws SettingsError that lists every problem by setting
 */
export function readLocalConfig(environment: Environment, makeSecret: () => string): LocalConfig {
  const configured = dropBlankValues(environment);
  const { SEGMENT_SHARED_SECRETS, INGEST_TOKENS, INGEST_OPEN, SALESMACHINE_URL } = configured;
  const usesFake = SALESMACHINE_URL === undefined;
  const generated = {
    ...(!SEGMENT_SHARED_SECRETS &&
      !INGEST_TOKENS &&
      INGEST_OPEN !== 'true' && { SEGMENT_SHARED_SECRETS: makeSecret(), INGEST_TOKENS: makeSecret() }),
    ...(usesFake && !configured['SALESMACHINE_API_TOKEN'] && { SALESMACHINE_API_TOKEN: makeSecret() }),
    ...(usesFake && !configured['SALESMACHINE_API_SECRET'] && { SALESMACHINE_API_SECRET: makeSecret() }),
  };
  const env = {
    SALESMACHINE_URL: PLACEHOLDER_URL,
    ...configured,
    ...generated,
    QUEUE_URL: PLACEHOLDER_URL,
    DEAD_LETTER_QUEUE_URL: PLACEHOLDER_URL,
  };

  const problems = new Set<string>();
  const read = <Value>(reader: (env: Environment) => Value): Value | undefined => {
    try {
      return reader(env);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      problems.add(error.message);
      return undefined;
    }
  };
  const port = read(parsePort);
  const ingest = read(readIngestSettings);
  const worker = read(readWorkerConfig);
  const log = read(readLogSettings);
  if (port === undefined || !ingest || !worker || !log) throw new SettingsError([...problems].join('\n'));

  const { token, secret } = worker.salesmachine;
  const { requests, windowSeconds } = worker.delivery.quota;
  const fakeSalesmachine = usesFake
    ? { credential: { token, secret }, limit: { requests, windowSeconds } }
    : undefined;
  const tunnelHosts = parseHosts(configured);
  return { port, tunnelHosts, environment, ingest, worker, log, fakeSalesmachine, generated };
}

const dropBlankValues = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));

const parseHosts = ({ LOCAL_HOSTS = '' }: Environment): string[] =>
  LOCAL_HOSTS.toLowerCase()
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '');

function parsePort({ PORT = '3000' }: Environment): number {
  const port = Number(PORT);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new SettingsError('The settings cannot be used: PORT must be a whole number from 0 to 65535.');
}
