import { createBatchAttempts } from '../../lib/delivery/evidence.ts';
import type { Gate } from '../../lib/delivery/gate.ts';
import type { Random } from '../../lib/runtime/random.ts';
import type { ApiResult } from '../../lib/salesmachine/client.ts';
import { toOutcome } from '../../lib/salesmachine/outcome.ts';
import {
  createLaneParts,
  createResponse,
  fakeSalesmachine,
  OK,
  type Request,
  SETTINGS,
  START,
} from './delivery.ts';
import { recordingLog } from './log.ts';
import { createVirtualTime } from './virtual-time.ts';

type Ping = (request: Request, index: number) => ApiResult;

/** A gate with one slot a second, whose pings are answered as it is told, at once. */
export function setUpGate(ping: Ping = () => OK, random: Random = () => 0.5, quota = SETTINGS.quota) {
  const time = createVirtualTime();
  const log = recordingLog();
  const salesmachine = fakeSalesmachine(time, ping);
  const { gate } = createLaneParts({ salesmachine, clock: time, random, log }, quota);
  const seconds = () => (time.now() - START) / 1_000;
  /** The second at which the caller may send, or false. */
  const acquireSlot = async (untilSeconds = 86_400, options = {}) =>
    (await gate.acquireSlot(START + untilSeconds * 1_000, options)) && seconds();
  const pings = () => salesmachine.requests.map(({ at }) => at);
  return { time, log, gate, pings, seconds, acquireSlot };
}

export const record = (gate: Gate, result: ApiResult) =>
  gate.recordOutcome({
    outcome: toOutcome('/v1/batch', result),
    result,
    detail: 'the words',
    batch: createBatchAttempts(),
  });

export const recordOutcomes = (gate: Gate, result: ApiResult, times = 1) => {
  for (let time = 0; time < times; time += 1) record(gate, result);
};

/** Opens the breaker: five batches fail, and nothing passes. */
export const trip = (gate: Gate, result: ApiResult = DOWN) => recordOutcomes(gate, result, 5);

export const THROTTLED = createResponse(429, '', { 'retry-after': '20' });
export const DOWN = createResponse(503);
