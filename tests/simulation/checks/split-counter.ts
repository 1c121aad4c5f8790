type Failed = { size: number };

/** Counts requests that hold only a part of one that failed: a search. The same batch again is none. */
export function createSplitCounter() {
  const failedWith = new Map<number, Failed>();
  let splits = 0;
  return {
    onStart([first = -1, ...rest]: readonly number[]): void {
      const failed = failedWith.get(first);
      if (failed && rest.length + 1 < failed.size && rest.every((event) => failedWith.get(event) === failed))
        splits += 1;
    },
    onFailed(events: readonly number[]): void {
      const failed = { size: events.length };
      for (const event of events) failedWith.set(event, failed);
    },
    onAccepted(events: readonly number[]): void {
      for (const event of events) failedWith.delete(event);
    },
    count: () => splits,
  };
}
