import type { realRelay } from '../real-relay.ts';
import { boundaryMutants } from './boundary-mutants.ts';
import { engineMutants } from './engine-mutants.ts';
import { buildMutatedRelay } from './mutated-relay.ts';

export const mutants = [...boundaryMutants, ...engineMutants];
/** The relay with one bug. */
export function createMutantRelay(
  name: string,
): (...settings: Parameters<typeof realRelay>) => Promise<ReturnType<typeof realRelay>> {
  const mutant = mutants.find((each) => each.name === name);
  if (!mutant) throw new Error(`No bug is called "${name}".`);
  return async (...settings) => (await buildMutatedRelay(mutant.replacements))(...settings);
}
