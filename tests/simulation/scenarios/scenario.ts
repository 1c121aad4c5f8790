import type { Environment } from '../../../lib/config/config.ts';
import type { Threshold } from '../checks/thresholds.ts';
import type { World } from '../simulation.ts';

/** What the relay has to come to in one kind of world. */
export type Scenario = {
  name: string;
  full: World;
  /** How many seeds the full world runs with: 1, 2, … */
  seeds: number;
  /** The same in small, for the tests: every invariant, and the thresholds that do not need the full time. */
  smoke: World;
  thresholds: readonly Threshold[];
  /** Processor seconds that each full run may take. */
  withinSeconds?: number;
  /** Settings of the relay that differ from the defaults. */
  environment?: Environment;
};
