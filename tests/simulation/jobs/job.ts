import { createMutantRelay } from '../mutants/mutants.ts';
import { realRelay } from '../relays/real-relay.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { scenarios } from '../scenarios/scenarios.ts';
import { type Result, simulate, type World } from '../simulation.ts';

export type Size = 'full' | 'smoke';

/** One run, as data, so that it can be sent to another thread. */
export type Job = {
  scenario: string;
  size: Size;
  seed: number;
  /** Another number of events than the scenario's. */
  events?: number | undefined;
  /** The name of the mutant to run instead of the relay. */
  mutant?: string;
};

/** `seconds` are those of the processor, so that waiting for one costs nothing. */
export type JobOutcome = { job: Job; seconds: number } & ({ result: Result } | { error: string });

const HOUR_MS = 3_600_000;

export async function runJob(job: Job): Promise<JobOutcome> {
  const startedAt = process.threadCpuUsage();
  const seconds = () => {
    const { user, system } = process.threadCpuUsage(startedAt);
    return (user + system) / 1_000_000;
  };
  try {
    const scenario = findScenario(job.scenario);
    const relay = await (job.mutant === undefined ? realRelay : createMutantRelay(job.mutant))(
      scenario.environment,
    );
    const { MAX_EVENT_AGE_HOURS = '72' } = scenario.environment ?? {};
    const world = { ...selectWorld(scenario, job), maxEventAgeMs: Number(MAX_EVENT_AGE_HOURS) * HOUR_MS };
    const result = await simulate(relay, world, job.seed);
    return { job, seconds: seconds(), result };
  } catch (error) {
    return { job, seconds: seconds(), error: error instanceof Error ? (error.stack ?? '') : String(error) };
  }
}

/** @throws if there is none of this name */
export function findScenario(name: string): Scenario {
  const scenario = scenarios.find((each) => each.name === name);
  if (scenario) return scenario;
  throw new Error(
    `No scenario is called "${name}": it is one of ${scenarios.map((each) => each.name).join(', ')}.`,
  );
}

export function selectWorld(scenario: Scenario, { size, events }: Pick<Job, 'size' | 'events'>): World {
  const world = scenario[size];
  return events === undefined ? world : { ...world, segment: { ...world.segment, events } };
}
