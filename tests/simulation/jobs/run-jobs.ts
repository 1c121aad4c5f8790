import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Job, JobOutcome } from './job.ts';

/** Millions of messages wait in the longest outage. */
const HEAP_MB = 8_192;

/** No run takes so long: it is stuck. */
const STUCK_AFTER_MS = 1_800_000;

/** Runs the jobs in the given order, on as many threads as there are processors. */
export async function runJobs(
  jobs: readonly Job[],
  onDone: (outcome: JobOutcome) => void = () => {},
): Promise<JobOutcome[]> {
  const outcomes: JobOutcome[] = [];
  const waiting = [...jobs];

  async function runThread(): Promise<void> {
    let thread: Worker | undefined;
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      thread ??= createThread();
      const outcome = await runIn(thread, job);
      if ('error' in outcome) {
        await thread.terminate();
        thread = undefined;
      }
      outcomes.push(outcome);
      onDone(outcome);
    }
    await thread?.terminate();
  }

  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, runThread));
  return outcomes;
}

const createThread = () =>
  new Worker(new URL('./job-thread.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });

/** A thread that dies or is stuck is an outcome, too. */
function runIn(thread: Worker, job: Job): Promise<JobOutcome> {
  const { promise, resolve } = Promise.withResolvers<JobOutcome>();
  const fail = (error: string) => resolve({ job, seconds: STUCK_AFTER_MS / 1_000, error });
  const onError = (error: unknown) => fail(error instanceof Error ? error.message : String(error));
  const timer = setTimeout(() => fail('The run is stuck.'), STUCK_AFTER_MS);
  thread.once('message', resolve);
  thread.once('error', onError);
  thread.postMessage(job);
  return promise.finally(() => {
    clearTimeout(timer);
    thread.off('message', resolve);
    thread.off('error', onError);
  });
}
