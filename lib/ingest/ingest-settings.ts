import type { MappingSettings } from '../mapping/mapping-settings.ts';
import type { AuthenticationPolicy } from '../segment/authenticate.ts';

/** What the ingest needs to know. */
export type IngestSettings = {
  queueUrl: string;
  deadLetterQueueUrl: string;
  credentials: { sharedSecrets: string[]; tokens: string[] };
  policy: AuthenticationPolicy;
  mapping: MappingSettings;
};
