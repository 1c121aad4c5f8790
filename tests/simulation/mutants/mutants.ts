import type { realRelay } from '../real-relay.ts';
import { edgeBugs } from './boundary-mutants.ts';
import { engineBugs } from './engine-mutants.ts';
import { changedRelay } from './mutated-relay.ts';

export const bugs = [...edgeBugs, ...engineBugs];
/** The relay with one bug. */
export function plantedRelay(
  name: string,
): (...settings: Parameters<typeof realRelay>) => Promise<ReturnType<typeof realRelay>> {
  const planted = bugs.find((each) => each.name === name);
  if (!planted) throw new Error(`No bug is called "${name}".`);
  return async (...settings) => (await changedRelay(planted.edits))(...settings);
}
