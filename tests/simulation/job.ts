import { plantedRelay } from './mutants/mutants.ts';
import { realRelay } from './real-relay.ts';
import { type Trial, trials } from './scenarios/scenarios.ts';
import { type Result, type Scenario, simulate } from './simulation.ts';

export type Size = 'whole' | 'brief';

/** One run, as data, so that it can be sent to another thread. */
export type Job = {
  trial: string;
  size: Size;
  seed: number;
  /** Another number of events than the trial's. */
  events?: number | undefined;
  /** The name of a bug that the relay is given. */
  bug?: string;
};

/** `seconds` are those of the processor, so that waiting for one costs nothing. */
export type Outcome = { job: Job; seconds: number } & ({ result: Result } | { error: string });

export async function runJob(job: Job): Promise<Outcome> {
  const startedAt = process.threadCpuUsage();
  const seconds = () => {
    const { user, system } = process.threadCpuUsage(startedAt);
    return (user + system) / 1_000_000;
  };
  try {
    const trial = trialOf(job.trial);
    const relay = await (job.bug === undefined ? realRelay : plantedRelay(job.bug))(trial.environment);
    const result = await simulate(relay, scenarioOf(trial, job), job.seed);
    return { job, seconds: seconds(), result };
  } catch (error) {
    return { job, seconds: seconds(), error: error instanceof Error ? (error.stack ?? '') : String(error) };
  }
}

/** @throws if there is none of this name */
export function trialOf(name: string): Trial {
  const trial = trials.find((each) => each.name === name);
  if (trial) return trial;
  throw new Error(
    `No scenario is called "${name}": it is one of ${trials.map((each) => each.name).join(', ')}.`,
  );
}

export function scenarioOf(trial: Trial, { size, events }: Pick<Job, 'size' | 'events'>): Scenario {
  const scenario = trial[size];
  return events === undefined ? scenario : { ...scenario, segment: { ...scenario.segment, events } };
}
