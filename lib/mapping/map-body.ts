import { errorName } from '../runtime/errors.ts';
import { tryParseJson } from '../runtime/json.ts';
import { type MappedEvent, mapEvent } from './map-event.ts';
import type { MappingSettings } from './mapping-settings.ts';

/** `unmappable`: the mapping threw `error`, a bug of the relay. `detail` quotes no value. */
export type MappedBody = MappedEvent | { kind: 'unmappable'; detail: string; error: unknown };

/** What becomes of a queued message's body, whatever it holds: as `mapEvent`, but nothing is thrown. */
export function mapBody(body: string, settings: MappingSettings, acceptedAt: string): MappedBody {
  const value = tryParseJson(body);
  if (value === undefined) return { kind: 'invalid', detail: 'the body is not valid JSON' };
  try {
    return mapEvent(value, settings, acceptedAt);
  } catch (error) {
    return { kind: 'unmappable', detail: `the relay failed to map the event (${errorName(error)})`, error };
  }
}
