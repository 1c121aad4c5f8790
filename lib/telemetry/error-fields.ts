import { errorName, SettingsError } from '../runtime/errors.ts';
import { errorFrames } from './error-frames.ts';
import type { LogFields } from './log-fields.ts';

/**
 * What a log line may say of an error: its class, because its message may quote an event. The message of a
 * `SettingsError` is ours, and quotes no value.
 */
export const errorFields = (error: unknown): LogFields => ({
  error: errorName(error),
  problem: error instanceof SettingsError ? error.message : undefined,
});

/** Of an error that the code has no rule for, also where it was thrown. */
export const unexpectedErrorFields = (error: unknown): LogFields => ({
  ...errorFields(error),
  stack: errorFrames(error),
});
