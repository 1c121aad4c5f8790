import { readdirSync, readFileSync } from 'node:fs';
import { mapBody } from '../../lib/mapping/map-body.ts';
import { chunk } from '../../lib/runtime/chunk.ts';
import { DEFAULT_MAPPING } from '../support/mapping-settings.ts';

const events = new URL('../fixtures/events/', import.meta.url);

export const ACCEPTED_AT = '2026-01-01T00:00:00.000Z';

/** Characters of JSON from which an event counts as large; most that browsers send do. */
const LARGE = 600;

/** How many of them are one run: a fraction of a millisecond. */
const PER_RUN = 43;

/** The bodies of the fixtures' events that become operations, in runs. */
export function readCorpus(): Record<'large' | 'small', string[][]> {
  const bodies = readdirSync(events)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name): unknown[] => JSON.parse(readFileSync(new URL(name, events), 'utf8')))
    .map((event) => JSON.stringify(event))
    .filter((body) => mapBody(body, DEFAULT_MAPPING, ACCEPTED_AT).kind === 'operations');
  return {
    large: chunk(
      bodies.filter((body) => body.length >= LARGE),
      PER_RUN,
    ),
    small: chunk(
      bodies.filter((body) => body.length < LARGE),
      PER_RUN,
    ),
  };
}
