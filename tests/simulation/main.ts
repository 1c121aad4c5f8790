import { parseArgs } from 'node:util';
import { judge } from './checks/evaluate.ts';
import { type Job, type Outcome, scenarioOf, trialOf } from './job.ts';
import { bugs } from './mutants/mutants.ts';
import { trials } from './scenarios/scenarios.ts';
import { runJobs } from './threads.ts';

const USAGE = `npm run simulate -- [--scenario NAME] [--seed N] [--events N] [--brief]
Runs the relay in a simulated world and prints what it comes to beside what is wanted; exits with 1 if it falls short.
  --scenario  one of ${trials.map(({ name }) => name).join(', ')};
              or planted: the bugs that the simulation has to catch. All but those, unless given.
  --seed      only this one: a seed that failed fails again.
  --events    so many events instead of the scenario's own.
  --brief     the short runs that are part of the tests.
`;

const print = (text: string) => void process.stdout.write(`${text}\n`);

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    seed: { type: 'string' },
    events: { type: 'string' },
    brief: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const size = values.brief ? 'brief' : 'whole';
const events = values.events === undefined ? undefined : Number(values.events);

function jobsOf(name: string): Job[] {
  const count = values.brief ? 1 : trialOf(name).seeds;
  const seeds =
    values.seed === undefined
      ? Array.from({ length: count }, (_, index) => index + 1)
      : [Number(values.seed)];
  return seeds.map((seed) => ({ trial: name, size, seed, events }));
}

const eventsOf = (job: Job) => scenarioOf(trialOf(job.trial), job).segment.events;

/** Prints a trial once its last run is over; returns whether all of them came to what is wanted. */
async function runTrials(names: readonly string[]): Promise<boolean> {
  const byTrial = new Map<string, Outcome[]>(names.map((name) => [name, []]));
  // The longest first, so that no processor waits for it in the end.
  const jobs = names.flatMap(jobsOf).sort((a, b) => eventsOf(b) - eventsOf(a));
  const isTimed = ({ trial }: Job) => trialOf(trial).withinSeconds !== undefined;
  let isFine = true;
  const onDone = (outcome: Outcome) => {
    const { trial: name } = outcome.job;
    const outcomes = byTrial.get(name) ?? [];
    outcomes.push(outcome);
    if (outcomes.length === jobsOf(name).length) isFine = printTrial(name, outcomes) && isFine;
  };
  // Those with a time to keep have the machine to themselves: threads share its caches and its cores' units.
  for (const job of jobs.filter(isTimed)) await runJobs([job], onDone);
  await runJobs(
    jobs.filter((job) => !isTimed(job)),
    onDone,
  );
  return isFine;
}

function printTrial(name: string, outcomes: readonly Outcome[]): boolean {
  const { figures, problems } = judge(name, size, outcomes);
  const seeds = outcomes.map(({ job }) => job.seed).sort((a, b) => a - b);
  const seconds = outcomes.reduce((sum, outcome) => sum + outcome.seconds, 0);
  const [first] = outcomes;
  print(
    `\n${name}: ${first ? eventsOf(first.job) : 0} events, seed ${seeds.join(' ')}, ${seconds.toFixed(0)} s`,
  );
  for (const { title, value, wanted, isReached } of figures) {
    print(`${isReached ? ' ' : '✗'} ${title.padEnd(46)} ${value.padStart(10)}  ${wanted}`);
  }
  for (const problem of problems) print(`✗ ${problem}`);
  return problems.length === 0;
}

/** Each planted bug in the run that is to catch it; returns whether all were caught. */
async function runPlanted(): Promise<boolean> {
  const jobs = bugs.map(({ name, trial, seed }): Job => ({ bug: name, trial, seed, size: 'brief' }));
  let isFine = true;
  await runJobs(jobs, (outcome) => {
    const { bug = '', trial, seed } = outcome.job;
    const [caughtBy] = judge(trial, 'brief', [outcome]).problems;
    print(
      `${caughtBy ? 'caught' : 'MISSED'}  ${bug}\n        ${trial}, seed ${seed}, ${outcome.seconds.toFixed(0)} s${caughtBy ? `: ${caughtBy.slice(0, 160)}` : ''}`,
    );
    isFine &&= caughtBy !== undefined;
  });
  return isFine;
}

if (values.help) {
  print(USAGE);
} else {
  const startedAt = performance.now();
  const { scenario } = values;
  const isFine = await (scenario === 'planted'
    ? runPlanted()
    : runTrials(scenario === undefined ? trials.map(({ name }) => name) : [trialOf(scenario).name]));
  print(
    `\n${isFine ? 'All as wanted' : 'Not as wanted: see ✗'}, in ${((performance.now() - startedAt) / 60_000).toFixed(1)} min`,
  );
  process.exitCode = isFine ? 0 : 1;
}
