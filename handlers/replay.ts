import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { type ReplayConfig, readLogSettings, readReplayConfig } from '../lib/config/config.ts';
import { dryRunReplay, type ReplayDryRun } from '../lib/dead-letters/dry-run.ts';
import { type ReplayResult, replay } from '../lib/dead-letters/replay-dead-letters.ts';
import { parseReplayRequest, type ReplayRequest } from '../lib/dead-letters/replay-request.ts';
import { type Clock, systemClock } from '../lib/runtime/clock.ts';
import { withDeadline } from '../lib/runtime/deadline.ts';
import { memoizeAsync } from '../lib/runtime/lazy.ts';
import { type Random, systemRandom } from '../lib/runtime/random.ts';
import { createSqs, type Sqs } from '../lib/sqs/sqs-client.ts';
import { withInvocation } from '../lib/telemetry/invocation-context.ts';
import { createLog, type Log } from '../lib/telemetry/log.ts';

export type ReplayHandlerDependencies = {
  config: ReplayConfig;
  sqs: Sqs;
  clock: Clock;
  random: Random;
  log: Log;
};

/** For what is under way when the time is up, and to release what was read. */
const RESERVE_MS = 20_000;

type ReplayResponse = ReplayResult | ReplayDryRun;

/** The function that replays dead letters; `more` in its answer says that there may be more to replay. */
export function createReplay({ config, ...dependencies }: ReplayHandlerDependencies) {
  const run = ({ dryRun, ...options }: ReplayRequest, signal: AbortSignal): Promise<ReplayResponse> =>
    dryRun
      ? dryRunReplay({ ...options, signal }, { ...dependencies, ...config })
      : replay({ ...options, signal }, { ...dependencies, ...config });

  const replayer = middy<unknown, ReplayResponse>({ timeoutEarlyInMillis: 0 }).handler(
    async (event: unknown, context: Context) => {
      const request = parseReplayRequest(event);
      const budgetMs = Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS);
      const result = await withDeadline(dependencies.clock, budgetMs, (signal) => run(request, signal));
      dependencies.log.info(request.dryRun ? 'replay dry run completed' : 'dead letters replayed', {
        matched: result.matched,
        replayed: 'replayed' in result ? result.replayed : 0,
        more: result.more,
        unread: result.unread,
      });
      return result;
    },
  );
  return withInvocation(replayer);
}

/** Made at the first invocation, so that importing this file needs no settings. */
const getHandler = memoizeAsync(async () =>
  createReplay({
    config: readReplayConfig(process.env),
    sqs: createSqs(),
    clock: systemClock,
    random: systemRandom,
    log: createLog('replay', readLogSettings(process.env)),
  }),
);

export const handler = async (event: unknown, context: Context): Promise<ReplayResponse> =>
  (await getHandler())(event, context);
