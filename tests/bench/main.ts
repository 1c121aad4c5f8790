import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { inspect, parseArgs } from 'node:util';
import type { Bench, Row } from './bench.ts';
import { benchConsole } from './console.ts';
import { benchCosts } from './costs.ts';
import { benchDelivery } from './delivery.ts';
import { benchFaults } from './faults.ts';
import { benchIngest } from './ingest.ts';
import { benchLocal } from './local.ts';
import { benchMapping } from './mapping.ts';
import { benchScale } from './scale.ts';
import { benchSend } from './send.ts';
import { benchStartup } from './startup.ts';
import { formatRows, markdown, print, table } from './table.ts';
import { benchWorker } from './worker.ts';

const benches: Record<string, { about: string; run: Bench }> = {
  ingest: { about: 'what the ingest costs, and how fast it is beside plain functions', run: benchIngest },
  mapping: { about: 'the mapping beside JSON.parse of the same text', run: benchMapping },
  worker: { about: "from a message's body to the operations' JSON", run: benchWorker },
  local: {
    about: 'events a second through the local relay, and its memory; a million events with --long',
    run: benchLocal,
  },
  console: { about: 'how soon the console is there, and the memory of its page', run: benchConsole },
  scale: { about: 'cost of an event by the size of its array; 20,000 dead letters', run: benchScale },
  delivery: { about: 'events a second, three ways to spend one quota', run: benchDelivery },
  faults: { about: 'what arrives, and how, while Salesmachine has every fault', run: benchFaults },
  send: {
    about: 'memory of relay send, by the length of the file; a million events with --long',
    run: benchSend,
  },
  startup: { about: 'size and import time of the bundles', run: benchStartup },
  costs: { about: 'what the stack costs, by rate', run: benchCosts },
};

const USAGE = `npm run bench                  everything, in about ten minutes, as one table
npm run bench -- NAME          one of them, with its details
npm run bench -- --markdown    the table as Markdown
${Object.entries(benches)
  .map(([name, { about }]) => `  ${name.padEnd(9)} ${about}\n`)
  .join('')}`;

const { values, positionals } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !Object.hasOwn(benches, name));

async function runBenches(names: readonly string[]): Promise<void> {
  const startedAt = performance.now();
  const rows: Row[] = [];
  for (const name of names) {
    process.stderr.write(`${name} ...\n`);
    const result = await benches[name]?.run({ isLong: values.long }).catch(reportFailure);
    rows.push(...(result?.rows ?? []));
    if (positionals.length > 0 && result?.details) print(`${result.details}\n`);
  }
  print(formatRows(rows, values.markdown ? markdown : table));
  print(`\n${describeRun((performance.now() - startedAt) / 60_000)}\n`);
}

/** The others still run. */
function reportFailure(error: unknown): undefined {
  process.stderr.write(`${inspect(error)}\n`);
  process.exitCode = 1;
}

function describeRun(minutes: number): string {
  const [cpu] = cpus();
  const date = new Date().toISOString().slice(0, 10);
  const packages = ['@aws-sdk/client-sqs', 'fauxqs'].map((name) => `${name} ${readVersion(name)}`);
  return `${date}, ${minutes.toFixed(1)} min on ${cpus().length} × ${cpu?.model}; Node.js ${process.version}, ${packages.join(', ')}`;
}

const readVersion = (name: string): string =>
  JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8'))
    .version;

if (values.help || unknown.length > 0) {
  print(USAGE);
  if (unknown.length > 0) process.exitCode = 1;
} else {
  await runBenches(positionals.length > 0 ? positionals : Object.keys(benches));
}
