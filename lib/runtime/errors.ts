/** The caller or the operator can set it right; the message names every setting that is wrong, and quotes no value. */
export class SettingsError extends Error {
  override name = 'SettingsError' as const;
}

/** The error's class: the one thing about any error that quotes no data. */
export const errorName = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');
