/** The caller or the operator can set it right; the message names every setting that is wrong, and quotes no value. */
export class SettingsError extends Error {
  override name = 'SettingsError' as const;
}

/** The error's class, or a system error's code (`ECONNRESET`): what can be said of any error without quoting data. */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return error.name === 'Error' && 'code' in error && typeof error.code === 'string'
    ? error.code
    : error.name;
}
