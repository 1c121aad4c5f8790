/** What the search for the bad operations of a refused batch costs, seen from where the requests arrive. */
export type BisectCosts = {
  /** A batch was refused; `bad` of its events are. */
  onRejected(events: readonly number[], rejectedCount: number): void;
  /** A batch that came is part of a search if it holds nothing but what was refused together. */
  onBatch(events: readonly number[]): void;
  /** Whether there has been any; before, nothing can be part of one. */
  hasAny(): boolean;
  /** A ping counts as part of the latest search. */
  onPing(): void;
  /** Requests for each bad operation, beside the one that was refused first. */
  costs(): { mean: number; worst: number };
};

type Bisect = { requests: number; rejectedCount: number };

export function createBisectCosts(): BisectCosts {
  const byEvent = new Map<number, Bisect>();
  const all: Bisect[] = [];
  const findBisect = ([first = -1, ...rest]: readonly number[]): Bisect | undefined => {
    const bisect = byEvent.get(first);
    return rest.every((event) => byEvent.get(event) === bisect) ? bisect : undefined;
  };

  return {
    onRejected(events, rejectedCount) {
      if (rejectedCount === 0 || findBisect(events)) return;
      const bisect = { requests: 0, rejectedCount };
      all.push(bisect);
      for (const event of events) byEvent.set(event, bisect);
    },
    onBatch(events) {
      const bisect = findBisect(events);
      if (bisect) bisect.requests += 1;
    },
    hasAny: () => all.length > 0,
    onPing() {
      const latest = all.at(-1);
      if (latest) latest.requests += 1;
    },
    costs() {
      const requests = all.reduce((sum, bisect) => sum + bisect.requests, 0);
      const rejectedCount = all.reduce((sum, bisect) => sum + bisect.rejectedCount, 0);
      return {
        mean: requests / Math.max(1, rejectedCount),
        worst: all.reduce((worst, bisect) => Math.max(worst, bisect.requests / bisect.rejectedCount), 0),
      };
    },
  };
}
