import { realRelay } from '../relays/real-relay.ts';
import { answerMutants } from './answer-mutants.ts';
import { engineMutants } from './engine-mutants.ts';
import { evidenceMutants } from './evidence-mutants.ts';
import { ingestMutants } from './ingest-mutants.ts';
import { buildMutatedRelay } from './mutated-relay.ts';
import { operatorMutants } from './operator-mutants.ts';
import { pacingMutants } from './pacing-mutants.ts';
import { settlementMutants } from './settlement-mutants.ts';

/**
 * One at least for each invariant, and those whose harm shows in a figure of the whole world. What else the unit tests
 * of a room notice is left to `npm run mutate`.
 */
export const mutants = [
  ...ingestMutants,
  ...answerMutants,
  ...evidenceMutants,
  ...pacingMutants,
  ...engineMutants,
  ...settlementMutants,
  ...operatorMutants,
];

/** The relay with one bug. */
export function createMutantRelay(
  name: string,
): (...settings: Parameters<typeof realRelay>) => Promise<ReturnType<typeof realRelay>> {
  const mutant = mutants.find((each) => each.name === name);
  if (!mutant) throw new Error(`No mutant is called "${name}".`);
  const { change } = mutant;
  return async (...settings) =>
    'wrap' in change
      ? change.wrap(realRelay(...settings))
      : (await buildMutatedRelay(change.replacements))(...settings);
}
