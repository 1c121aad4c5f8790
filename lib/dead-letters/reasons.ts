/** Why an event was given up. The list is closed: a new reason needs its entry in the runbook. */
export const REASONS = [
  'unparseable',
  'invalid_event',
  'unmappable',
  'too_large',
  'rejected',
  'server_error',
  'alias_unsupported',
  'receive_limit',
] as const;

export type Reason = (typeof REASONS)[number];
