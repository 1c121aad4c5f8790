import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { BenchResult, Row } from './bench.ts';
import { summarize } from './ratio.ts';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '../..');

const PROCESSES = 11;

/** What no function that speaks to SQS can do without, and what is held against it. */
const FLOOR = { name: 'client-sqs alone', entry: 'tests/bench/client-sqs.ts' };
const bundles = [
  { name: 'ingest', entry: 'handlers/ingest.ts' },
  { name: 'worker', entry: 'handlers/worker.ts' },
];

/** How large the bundles are, and how long a fresh process takes to import one: what a cold start is made of. */
export async function benchStartup(): Promise<BenchResult> {
  const directory = await mkdtemp(join(tmpdir(), 'relay-startup-'));
  try {
    await build(directory);
    const files = [FLOOR, ...bundles].map(({ entry }) => join(directory, entry.replace(/\.ts$/, '.mjs')));
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    const rounds = await importTimes(files);
    return { rows: bundles.flatMap(({ name }, index) => toRows(name, index + 1, sizes, rounds)) };
  } finally {
    await rm(directory, { recursive: true });
  }
}

function toRows(name: string, index: number, sizes: readonly number[], rounds: readonly number[][]): Row[] {
  const ratio = (values: readonly number[]) => (values[index] ?? Number.NaN) / (values[0] ?? Number.NaN);
  return [
    {
      figure: `bundle of the ${name} / ${FLOOR.name}: size`,
      value: ratio(sizes),
      unit: '×',
      goal: { atMost: 1 },
    },
    {
      figure: `bundle of the ${name} / ${FLOOR.name}: import`,
      ...summarize(rounds.map(ratio), '×'),
      goal: { atMost: 1.05 },
    },
    { figure: `bundle of the ${name}: size`, value: (sizes[index] ?? Number.NaN) / 1_000, unit: 'KB' },
    {
      figure: `bundle of the ${name}: import`,
      ...summarize(
        rounds.map((times) => times[index] ?? Number.NaN),
        'ms',
      ),
    },
  ];
}

/**
 * With the options of `npm run build`, whatever they are: a later option wins over an earlier one. The floor is what
 * anyone has who bundles the SDK: with all its ways to find credentials.
 */
async function build(directory: string): Promise<void> {
  const options = ['--outbase=.', `--outdir=${directory}`];
  const npmBuild = (...args: string[]) =>
    run('npm', ['run', 'build', '--', ...args, ...options], { cwd: repository });
  await npmBuild(FLOOR.entry, `--alias:${CREDENTIALS}=${CREDENTIALS}`);
  await npmBuild();
}

const CREDENTIALS = '@aws-sdk/credential-provider-node';

const TIME_IMPORT =
  'const start = performance.now(); await import(process.argv[1]); console.log(performance.now() - start)';

/**
 * By round and bundle: one process after the other, the bundles in turn, so that whatever else the machine does hits
 * all alike.
 */
async function importTimes(files: readonly string[]): Promise<number[][]> {
  const rounds: number[][] = [];
  for (let round = 0; round < PROCESSES; round += 1) {
    const times: number[] = [];
    for (const file of files) {
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', TIME_IMPORT, file]);
      times.push(Number(stdout));
    }
    rounds.push(times);
  }
  return rounds;
}
