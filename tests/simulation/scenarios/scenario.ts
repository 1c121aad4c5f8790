import type { Environment } from '../../../lib/config/config.ts';
import type { Threshold } from '../checks/thresholds.ts';
import type { World } from '../simulation.ts';

/** What the relay has to come to in one kind of world. */
export type Scenario = {
  name: string;
  whole: World;
  /** How many seeds the whole one runs with: 1, 2, … */
  seeds: number;
  /** The same in small, with every invariant and the figures that do not need the time. */
  brief: World;
  thresholds: readonly Threshold[];
  /** Processor seconds that each of the whole runs may take. */
  withinSeconds?: number;
  /** Settings of the relay that differ from the defaults. */
  environment?: Environment;
};
