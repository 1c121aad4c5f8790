import { runFaults } from '../support/fault-run.ts';
import type { BenchResult, Row } from './bench.ts';
import { table } from './table.ts';

const EVENTS = 10_000;
const USERS = 500;

/** As deployed. */
const TIMEOUT_MS = 10_000;

/** In full size what `tests/integration/delivery-faults.test.ts` shows in miniature. */
export async function benchFaults(): Promise<BenchResult> {
  const run = await runFaults({ events: EVENTS, users: USERS, timeoutMs: TIMEOUT_MS });
  const checks: [figure: string, value: number, atMost?: number][] = [
    ['events that did not arrive', run.missing.length, 0],
    ["events that came before an earlier one of their user's", run.outOfOrder.length, 0],
    ['dead letters', run.deadLettered, 0],
    ['events delivered twice', run.twice.size],
    ['... though Salesmachine had confirmed the first time', run.unexplained.length, 0],
    ['deliveries too many', run.repetitions],
    ['... of which the log did not warn', Math.max(0, run.repetitions - run.repetitionsLogged), 0],
  ];
  const hits = Object.entries(run.hits).map(([fault, requests]) => [fault, String(requests)]);
  return {
    rows: checks.map(
      ([figure, value, atMost]): Row => ({
        figure: `every fault, ${EVENTS.toLocaleString('en')} events: ${figure}`,
        value,
        unit: '',
        ...(atMost !== undefined && { goal: { atMost } }),
      }),
    ),
    details: table([['Salesmachine', 'requests that met it'], ...hits]),
  };
}
