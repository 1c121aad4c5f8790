import { readMappingSettings } from '../../lib/config/config.ts';

/** What applies where nothing is set. */
export const DEFAULT_MAPPING = readMappingSettings({});
