/** The caller or the operator can set it right; the message names every setting that is wrong, and quotes no value. */
export class SettingsError extends Error {
  override name = 'SettingsError' as const;
}

/** What was given to be read cannot be read. The message says where, and quotes nothing of it. */
export class InputError extends Error {
  override name = 'InputError' as const;
}

/** The error's class, or a system error's code (`ECONNRESET`): what can be said of any error without quoting data. */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return error.name === 'Error' && 'code' in error && typeof error.code === 'string'
    ? error.code
    : error.name;
}
