import { chunk } from '../runtime/chunk.ts';
import type { Clock } from '../runtime/clock.ts';
import { constant, type Refreshable } from '../runtime/refreshable.ts';
import { SETTING_NAMES } from './settings.ts';

export type Environment = Record<string, string | undefined>;

/**
 * Values of SSM parameters by their names, decrypted; none for one that does not exist. It is given ten names at most.
 */
export type ReadParameters = (names: readonly string[]) => Promise<Record<string, string>>;

/** Source: `GetParameters` in SSM's API reference. */
const MAX_NAMES = 10;

const SUFFIX = '_PARAMETER';

/** A value is read again after this. */
const REFRESH_AFTER_MS = 300_000;

/** While the store fails, a value is good for so long. */
const EXPIRES_AFTER_MS = 3_600_000;

/** The store is asked at most so often, however many wrong signatures come in. */
const MIN_FETCH_INTERVAL_MS = 5_000;

/**
 * The environment, where `NAME_PARAMETER` holds the name of the SSM parameter whose value is to stand for `NAME`.
 * Without one of these it is fixed, and the store is never asked.
 */
export function createSecretsEnvironment(
  env: Environment,
  clock: Clock,
  read: ReadParameters,
): Refreshable<Environment> {
  const parameters = SETTING_NAMES.flatMap((name) => {
    const parameter = env[name + SUFFIX]?.trim();
    return parameter ? [{ name, parameter }] : [];
  });
  if (parameters.length === 0) return constant(env);

  let cached: { env: Environment; readAt: number } | undefined;
  let lastFetchAt = Number.NEGATIVE_INFINITY;
  let pendingFetch: Promise<void> | undefined;

  async function fetchSecrets(): Promise<void> {
    lastFetchAt = clock.now();
    const readAt = lastFetchAt;
    const names = chunk(
      parameters.map(({ parameter }) => parameter),
      MAX_NAMES,
    );
    const found: Record<string, string> = Object.assign({}, ...(await Promise.all(names.map(read))));
    const values = parameters.map(({ name, parameter }) => [name, found[parameter]] as const);
    cached = { env: { ...env, ...Object.fromEntries(values) }, readAt };
  }

  /** Asks the store, unless it was asked just now; calls that come meanwhile wait for the same answer. */
  async function refresh(): Promise<void> {
    if (!pendingFetch && clock.now() - lastFetchAt < MIN_FETCH_INTERVAL_MS) return;
    pendingFetch ??= fetchSecrets().finally(() => {
      pendingFetch = undefined;
    });
    await pendingFetch;
  }

  return {
    async get() {
      if (!cached || clock.now() - cached.readAt >= REFRESH_AFTER_MS) {
        await refresh().catch((error: unknown) => {
          if (!cached) throw error;
        });
      }
      if (!cached || clock.now() - cached.readAt >= EXPIRES_AFTER_MS) {
        throw new Error('the parameter store has not answered: the secrets are not known');
      }
      return cached.env;
    },

    async refreshIfOlderThan(moment) {
      if (!cached || cached.readAt < moment) await refresh().catch(() => undefined);
      return cached !== undefined && cached.readAt >= moment;
    },
  };
}
