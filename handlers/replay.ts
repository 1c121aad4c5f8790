import { type ReplayConfig, readLogSettings, readReplayConfig } from '../lib/config/config.ts';
import { dryRunReplay, type ReplayDryRun } from '../lib/dead-letters/dry-run.ts';
import { type ReplayPorts, type ReplayResult, replay } from '../lib/dead-letters/replay-dead-letters.ts';
import { parseReplayRequest, type ReplayRequest } from '../lib/dead-letters/replay-request.ts';
import { systemClock } from '../lib/runtime/clock.ts';
import { withDeadline } from '../lib/runtime/deadline.ts';
import { withInvocation } from '../lib/runtime/invocation-context.ts';
import { createOnInitialization, type LambdaFunction, lambda } from '../lib/runtime/lambda.ts';
import { systemRandom } from '../lib/runtime/random.ts';
import { createSqs } from '../lib/sqs/sqs-client.ts';
import { createLog } from '../lib/telemetry/log.ts';

type ReplayResponse = ReplayResult | ReplayDryRun;
type Replay = LambdaFunction<unknown, ReplayResponse>;

export type ReplayDependencies = Pick<ReplayPorts, 'sqs' | 'clock' | 'random' | 'log'> & {
  config: ReplayConfig;
};

/** For what is under way when the time is up, and to release what was read. */
const RESERVE_MS = 20_000;

/** The function that replays dead letters; `more` in its answer says that there may be more to replay. */
export function createReplay({ config, ...dependencies }: ReplayDependencies): Replay {
  const { clock, log } = dependencies;
  const run = ({ dryRun, ...options }: ReplayRequest, signal: AbortSignal): Promise<ReplayResponse> =>
    (dryRun ? dryRunReplay : replay)({ ...options, signal }, { ...dependencies, ...config });

  return withInvocation(
    lambda<unknown>().handler(async (event, context) => {
      const request = parseReplayRequest(event);
      const budgetMs = Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS);
      const result = await withDeadline(clock, budgetMs, (signal) => run(request, signal));
      const { matched, more, unread } = result;
      const replayed = 'replayed' in result ? result.replayed : 0;
      log.info(request.dryRun ? 'replay dry run completed' : 'dead letters replayed', {
        matched,
        replayed,
        more,
        unread,
      });
      return result;
    }),
  );
}

export const handler: Replay = await createOnInitialization(
  async () =>
    createReplay({
      config: readReplayConfig(process.env),
      sqs: createSqs(),
      clock: systemClock,
      random: systemRandom,
      log: createLog('replay', readLogSettings(process.env)),
    }),
  (error) => {
    // Lambda reports it to the operator who invoked the function.
    throw error;
  },
);
