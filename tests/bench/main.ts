import { benchCosts } from './costs.ts';
import { benchDelivery } from './delivery.ts';
import { benchFaults } from './faults.ts';
import { benchIngest } from './ingest.ts';
import { benchSend } from './send.ts';
import { benchStartup } from './startup.ts';
import { formatRows, print } from './table.ts';

type Bench = { about: string; run(): Promise<void> };

/** Each talks to this machine only, and ends by itself. */
const benches: Record<string, Bench> = {
  costs: { about: 'what the stack costs, by rate (half a minute)', run: benchCosts },
  delivery: { about: 'events a second, three ways to spend one quota (3 minutes)', run: benchDelivery },
  faults: {
    about: 'what arrives, and how, while Salesmachine has every fault (1 to 2 minutes)',
    run: benchFaults,
  },
  ingest: {
    about: 'what the ingest costs, and how fast it is beside plain functions (2 minutes)',
    async run() {
      const { rows } = await benchIngest();
      print(formatRows(rows));
    },
  },
  send: { about: 'memory of relay send, by the length of the file (5 minutes)', run: benchSend },
  startup: { about: 'size and import time of the bundles (1 minute)', run: benchStartup },
};

const [name = ''] = process.argv.slice(2);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench) {
  await bench.run();
} else {
  const lines = Object.entries(benches).map(
    ([key, { about }]) => `  npm run bench -- ${key.padEnd(9)} ${about}\n`,
  );
  print(lines.join(''));
  if (name !== '') process.exitCode = 1;
}
