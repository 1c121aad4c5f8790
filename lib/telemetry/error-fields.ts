import { SettingsError } from '../config/config.ts';
import type { LogFields } from './log-fields.ts';

/**
 * What a log line may tell of an error: its class, for nobody knows what its message quotes. The message about settings
 * is ours, and quotes no value.
 */
export const errorFields = (error: unknown): LogFields => ({
  error: error instanceof Error ? error.name : 'unknown',
  problem: error instanceof SettingsError ? error.message : undefined,
});
