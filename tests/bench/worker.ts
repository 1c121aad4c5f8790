import { mapBody } from '../../lib/mapping/map-body.ts';
import { DEFAULT_MAPPING } from '../support/mapping-settings.ts';
import type { BenchResult } from './bench.ts';
import { ACCEPTED_AT, readCorpus } from './corpus.ts';
import { measureRatios } from './ratio.ts';

/**
 * What the worker computes for an event, from the body to the operations' JSON, beside parsing it and writing it again.
 */
export async function benchWorker(): Promise<BenchResult> {
  const corpus = readCorpus();
  const runs = [...corpus.large, ...corpus.small].map((bodies) => ({
    work: () => bodies.forEach(toJson),
    floor: () => bodies.forEach((body) => void JSON.stringify(JSON.parse(body))),
  }));
  return { rows: [{ figure: "body to operations' JSON / parse and stringify", ...measureRatios(runs) }] };
}

function toJson(body: string): string[] {
  const mapped = mapBody(body, DEFAULT_MAPPING, ACCEPTED_AT);
  return mapped.kind === 'operations' ? mapped.operations.map((operation) => JSON.stringify(operation)) : [];
}
