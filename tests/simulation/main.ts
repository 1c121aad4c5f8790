import { parseArgs } from 'node:util';
import { evaluate } from './checks/evaluate.ts';
import { findScenario, type Job, type JobOutcome, selectWorld } from './jobs/job.ts';
import { runJobs } from './jobs/run-jobs.ts';
import { mutants } from './mutants/mutants.ts';
import { scenarios } from './scenarios/scenarios.ts';

const USAGE = `npm run simulate -- [--scenario NAME] [--seed N] [--events N] [--smoke]
Runs the relay in simulated worlds, prints what was measured beside its thresholds, and exits with 1 if one is missed.
  --scenario  one of ${scenarios.map(({ name }) => name).join(', ')};
              or planted: the mutants that the simulation has to catch. Without it, every scenario.
  --seed      only this one: a seed that failed fails again.
  --events    so many events instead of the scenario's own.
  --smoke     the short runs that are part of npm test.
`;

const print = (text: string) => void process.stdout.write(`${text}\n`);
/** A run may take minutes. */
const printProgress = (text: string) => void process.stderr.write(`${text}\n`);

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    seed: { type: 'string' },
    events: { type: 'string' },
    smoke: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const size = values.smoke ? 'smoke' : 'full';
const events = values.events === undefined ? undefined : Number(values.events);

function createJobs(name: string): Job[] {
  const count = values.smoke ? 1 : findScenario(name).seeds;
  const seeds =
    values.seed === undefined
      ? Array.from({ length: count }, (_, index) => index + 1)
      : [Number(values.seed)];
  return seeds.map((seed) => ({ scenario: name, size, seed, events }));
}

const countEvents = (job: Job) => selectWorld(findScenario(job.scenario), job).segment.events;

/** Prints a scenario once its last run is over; returns whether it reached its thresholds. */
async function runScenarios(names: readonly string[]): Promise<boolean> {
  const byScenario = new Map<string, JobOutcome[]>(names.map((name) => [name, []]));
  // The longest first, so that no processor waits for it in the end.
  const jobs = names.flatMap(createJobs).sort((a, b) => countEvents(b) - countEvents(a));
  const isTimed = ({ scenario }: Job) => findScenario(scenario).withinSeconds !== undefined;
  let isFine = true;
  let done = 0;
  printProgress(
    `simulating ${names.length === 1 ? names[0] : `${names.length} scenarios`}, runs: ${jobs.length}`,
  );
  const onDone = (outcome: JobOutcome) => {
    const { scenario: name, seed } = outcome.job;
    done += 1;
    printProgress(`${done} of ${jobs.length} done: ${name} (seed ${seed})`);
    const outcomes = byScenario.get(name) ?? [];
    outcomes.push(outcome);
    if (outcomes.length === createJobs(name).length) isFine = printScenario(name, outcomes) && isFine;
  };
  // Those with a time to keep have the machine to themselves: threads share its caches and its cores' units.
  for (const job of jobs.filter(isTimed)) await runJobs([job], onDone);
  await runJobs(
    jobs.filter((job) => !isTimed(job)),
    onDone,
  );
  return isFine;
}

function printScenario(name: string, outcomes: readonly JobOutcome[]): boolean {
  const { thresholds, problems } = evaluate(name, size, outcomes);
  const seeds = outcomes.map(({ job }) => job.seed).sort((a, b) => a - b);
  const seconds = outcomes.reduce((sum, outcome) => sum + outcome.seconds, 0);
  const [first] = outcomes;
  print(
    `\n${name}: ${first ? countEvents(first.job) : 0} events, seed ${seeds.join(' ')}, ${seconds.toFixed(0)} s`,
  );
  for (const { title, value, expected, isMet } of thresholds) {
    print(`${isMet ? ' ' : '✗'} ${title.padEnd(46)} ${value.padStart(10)}  ${expected}`);
  }
  for (const problem of problems) print(`✗ ${problem}`);
  return problems.length === 0;
}

/** Runs each mutant in the scenario that has to catch it; returns whether all were caught. */
async function runMutants(): Promise<boolean> {
  const jobs = mutants.map(
    ({ name, scenario, seed }): Job => ({ mutant: name, scenario, seed, size: 'smoke' }),
  );
  let isFine = true;
  await runJobs(jobs, (outcome) => {
    const { mutant = '', scenario, seed } = outcome.job;
    const [problem] = evaluate(scenario, 'smoke', [outcome]).problems;
    // A mutant that cannot be made, or that throws, is not noticed by a check.
    const isCaught = problem !== undefined && !('error' in outcome);
    print(
      `${isCaught ? 'caught' : 'MISSED'}  ${mutant}\n        ${scenario}, seed ${seed}, ${outcome.seconds.toFixed(0)} s${problem ? `: ${problem.slice(0, 160)}` : ''}`,
    );
    isFine &&= isCaught;
  });
  return isFine;
}

if (values.help) {
  print(USAGE);
} else {
  const startedAt = performance.now();
  const { scenario } = values;
  const isFine = await (scenario === 'planted'
    ? runMutants()
    : runScenarios(
        scenario === undefined ? scenarios.map(({ name }) => name) : [findScenario(scenario).name],
      ));
  print(
    `\n${isFine ? 'All as wanted' : 'Not as wanted: see ✗'}, in ${((performance.now() - startedAt) / 60_000).toFixed(1)} min`,
  );
  process.exitCode = isFine ? 0 : 1;
}
