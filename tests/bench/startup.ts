import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { print, table } from './table.ts';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '../..');

const PROCESSES = 21;

/** What no function that speaks to SQS can do without, and what is held against it. */
const FLOOR = { name: '@aws-sdk/client-sqs alone', entry: 'tests/bench/client-sqs.ts' };
const bundles = [
  FLOOR,
  { name: 'ingest', entry: 'handlers/ingest.ts' },
  { name: 'worker', entry: 'handlers/worker.ts' },
];

type Figures = { name: string; bytes: number; importMs: number };

/** How large the bundles are, and how long a fresh process takes to import one: what a cold start is made of. */
export async function benchStartup(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'relay-startup-'));
  try {
    await build(directory);
    const files = bundles.map(({ entry }) => join(directory, entry.replace(/\.ts$/, '.mjs')));
    const times = await importTimes(files);
    const figures = await Promise.all(
      bundles.map(async ({ name }, index) => {
        const { size } = await stat(files[index] ?? '');
        return { name, bytes: size, importMs: median(times[index] ?? []) };
      }),
    );
    print(`Import: the median of ${PROCESSES} fresh processes.\n\n${formatTable(figures)}`);
  } finally {
    await rm(directory, { recursive: true });
  }
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

/** One process after the other, and the bundles in turn, so that whatever else the machine does hits all alike. */
async function importTimes(files: readonly string[]): Promise<number[][]> {
  const times = files.map((): number[] => []);
  for (let round = 0; round < PROCESSES; round += 1) {
    for (const [index, file] of files.entries()) {
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', TIME_IMPORT, file]);
      times[index]?.push(Number(stdout));
    }
  }
  return times;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function formatTable(figures: readonly Figures[]): string {
  const [floor] = figures;
  const ratio = (value: number, to = Number.NaN) => (value / to).toFixed(2);
  const rows = figures.map(({ name, bytes, importMs }) => [
    name,
    (bytes / 1_000).toFixed(0),
    ratio(bytes, floor?.bytes),
    importMs.toFixed(1),
    ratio(importMs, floor?.importMs),
  ]);
  return table([['', 'KB', 'ratio', 'import ms', 'ratio'], ...rows]);
}
