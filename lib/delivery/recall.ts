import type { Clock } from '../runtime/clock.ts';
import type { WorkerQueue } from '../sqs/worker-queue.ts';
import type { Released } from './release.ts';

/** More are not recalled: they come back by themselves, a little later. */
const MAX_RECALLED = 1_000;

/** The messages that a lane released while the breaker was open, so that they come back at once when it closes. */
export type Recall = {
  add(released: readonly Released[]): void;
  /** Makes them visible now. */
  recallAll(): void;
  /** Resolves when no recall is under way. */
  finish(): Promise<unknown>;
};

export function createRecall(queue: WorkerQueue, clock: Clock): Recall {
  let recallable: { message: Released['message']; visibleAt: number }[] = [];
  let pending: Promise<void> = Promise.resolve();

  return {
    add(released) {
      const now = clock.now();
      const more = released.map(({ message, seconds }) => ({ message, visibleAt: now + seconds * 1_000 }));
      recallable = [...recallable.filter(({ visibleAt }) => visibleAt > now), ...more].slice(-MAX_RECALLED);
    },
    recallAll() {
      const now = clock.now();
      const messages = recallable
        .filter(({ visibleAt }) => visibleAt > now)
        .map(({ message }) => ({ message, seconds: 0 }));
      recallable = [];
      if (messages.length > 0) pending = pending.then(() => queue.release(messages));
    },
    finish: () => pending,
  };
}
