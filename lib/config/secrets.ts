import type { Clock } from '../runtime/clock.ts';
import { readParameters } from './parameter-store.ts';
import { settings } from './settings.ts';

export type Environment = Record<string, string | undefined>;

/** Something that may change while the function lives. */
export type Source<Value> = {
  /** As it is known now. @throws if it has never been read, or not for too long */
  get(): Promise<Value>;
  /** Whether it has been read anew since the moment, in milliseconds since the epoch; reads it if it may. */
  renewedSince(moment: number): Promise<boolean>;
};

/** What does not change is always new. */
export const fixed = <Value>(value: Value): Source<Value> => ({
  get: async () => value,
  renewedSince: async () => true,
});

/** The same source, seen through `map`. */
export const mapped = <From, To>(source: Source<From>, map: (value: From) => To): Source<To> => ({
  get: async () => map(await source.get()),
  renewedSince: source.renewedSince,
});

/** Values of SSM parameters by their names, decrypted; none for one that does not exist. */
export type ReadParameters = (names: readonly string[]) => Promise<Record<string, string>>;

const SUFFIX = '_PARAMETER';

/** A value is read anew after this. */
const FRESH_MS = 300_000;

/** While the store fails, a value is good for so long. */
const STALE_MS = 3_600_000;

/** The store is asked at most so often, whoever sends us wrong signatures. */
const ASK_EVERY_MS = 5_000;

/**
 * The environment, where `NAME_PARAMETER` holds the name of the SSM parameter whose value is to stand for `NAME`.
 * Without one of these it is fixed, and the store is never asked.
 */
export function createEnvironment(
  env: Environment,
  clock: Clock,
  read: ReadParameters = readParameters,
): Source<Environment> {
  const parameters = Object.keys(settings).flatMap((name) => {
    const parameter = env[name + SUFFIX]?.trim();
    return parameter ? [{ name, parameter }] : [];
  });
  if (parameters.length === 0) return fixed(env);

  let known: { env: Environment; readAt: number } | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    askedAt = clock.now();
    const readAt = askedAt;
    const found = await read(parameters.map(({ parameter }) => parameter));
    const values = parameters.map(({ name, parameter }) => [name, found[parameter]] as const);
    known = { env: { ...env, ...Object.fromEntries(values) }, readAt };
  }

  /** Asks the store, unless it was asked just now; whoever comes meanwhile waits for the same answer. */
  async function refresh(): Promise<void> {
    if (!asking && clock.now() - askedAt < ASK_EVERY_MS) return;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    await asking;
  }

  return {
    async get() {
      if (!known || clock.now() - known.readAt >= FRESH_MS) {
        await refresh().catch((error: unknown) => {
          if (!known) throw error;
        });
      }
      if (!known || clock.now() - known.readAt >= STALE_MS) {
        throw new Error('the parameter store has not answered: the secrets are not known');
      }
      return known.env;
    },

    async renewedSince(moment) {
      if (!known || known.readAt < moment) await refresh().catch(() => undefined);
      return known !== undefined && known.readAt >= moment;
    },
  };
}
