import { mapBody } from '../../lib/mapping/map-body.ts';
import { mapEvent } from '../../lib/mapping/map-event.ts';
import type { Json } from '../../lib/runtime/json.ts';
import { DEFAULT_MAPPING } from '../support/mapping-settings.ts';
import type { BenchResult, Row } from './bench.ts';
import { ACCEPTED_AT, readCorpus } from './corpus.ts';
import { measureRatios, type Work } from './ratio.ts';

/** The mapping beside what must be done anyway: `JSON.parse` of the same text. */
export async function benchMapping(): Promise<BenchResult> {
  const corpus = readCorpus();
  const compare = (size: keyof typeof corpus, createWork: (bodies: readonly string[]) => Work) =>
    measureRatios(
      corpus[size].map((bodies) => ({ work: createWork(bodies), floor: () => bodies.forEach(parse) })),
    );
  const map = (bodies: readonly string[]) => {
    const values = bodies.map(parse);
    return () => values.forEach((value) => void mapEvent(value, DEFAULT_MAPPING, ACCEPTED_AT));
  };
  const parseAndMap = (bodies: readonly string[]) => () =>
    bodies.forEach((body) => void mapBody(body, DEFAULT_MAPPING, ACCEPTED_AT));
  const rows: Row[] = [
    { figure: 'mapping of large events / JSON.parse', ...compare('large', map), goal: { atMost: 1.5 } },
    { figure: 'mapping of small events / JSON.parse', ...compare('small', map), goal: { atMost: 2.5 } },
    { figure: 'body to operations, large / JSON.parse', ...compare('large', parseAndMap) },
    { figure: 'body to operations, small / JSON.parse', ...compare('small', parseAndMap) },
  ];
  return { rows };
}

const parse = (body: string): Json => JSON.parse(body);
