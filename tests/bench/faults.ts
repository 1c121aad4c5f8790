import { runFaults } from '../support/fault-run.ts';
import { print, table } from './table.ts';

const EVENTS = 20_000;
const USERS = 500;

/** As deployed. */
const TIMEOUT_MS = 10_000;

/** In full size what `tests/integration/delivery-faults.test.ts` shows in miniature. */
export async function benchFaults(): Promise<void> {
  print(
    `${EVENTS} events of ${USERS} users, posted while Salesmachine has one fault after the other ...\n\n`,
  );
  const startedAt = performance.now();
  const run = await runFaults({ events: EVENTS, users: USERS, timeoutMs: TIMEOUT_MS });
  const seconds = (performance.now() - startedAt) / 1_000;

  const hits = Object.entries(run.hits).map(([fault, requests]) => [fault, String(requests)]);
  print(`${table([['Salesmachine', 'requests that met it'], ...hits])}\n`);
  const checks: [string, number, boolean][] = [
    ['events that did not arrive', run.missing.length, run.missing.length === 0],
    [
      "events that came before an earlier one of their user's",
      run.outOfOrder.length,
      run.outOfOrder.length === 0,
    ],
    ['events delivered twice', run.twice.size, true],
    [
      '... of which Salesmachine had confirmed the first time',
      run.unexplained.length,
      run.unexplained.length === 0,
    ],
    ['deliveries too many', run.repetitions, true],
    ['... of which the log warned', run.repetitionsLogged, run.repetitionsLogged >= run.repetitions],
    ['dead letters', run.deadLettered, run.deadLettered === 0],
  ];
  print(
    table([
      ['checked', 'found', ''],
      ...checks.map(([what, count, isWell]) => [what, String(count), isWell ? 'ok' : 'FAILED']),
    ]),
  );
  print(`\n${run.requests} requests in ${seconds.toFixed(0)} s\n`);
  if (checks.some(([, , isWell]) => !isWell)) process.exitCode = 1;
}
