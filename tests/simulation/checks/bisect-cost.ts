/** What the search for the bad operations of a refused batch costs, seen from where the requests arrive. */
export type Searches = {
  /** A batch was refused; `bad` of its events are. */
  refused(events: readonly number[], bad: number): void;
  /** A batch that came is part of a search if it holds nothing but what was refused together. */
  asked(events: readonly number[]): void;
  /** Whether there has been any; before, nothing can be part of one. */
  areAny(): boolean;
  /** A ping counts as part of the latest search. */
  pinged(): void;
  /** Requests for each bad operation, beside the one that was refused first. */
  costs(): { mean: number; worst: number };
};

type Search = { requests: number; bad: number };

export function createSearches(): Searches {
  const byEvent = new Map<number, Search>();
  const all: Search[] = [];
  const searchOf = ([first = -1, ...rest]: readonly number[]): Search | undefined => {
    const search = byEvent.get(first);
    return rest.every((event) => byEvent.get(event) === search) ? search : undefined;
  };

  return {
    refused(events, bad) {
      if (bad === 0 || searchOf(events)) return;
      const search = { requests: 0, bad };
      all.push(search);
      for (const event of events) byEvent.set(event, search);
    },
    asked(events) {
      const search = searchOf(events);
      if (search) search.requests += 1;
    },
    areAny: () => all.length > 0,
    pinged() {
      const latest = all.at(-1);
      if (latest) latest.requests += 1;
    },
    costs() {
      const requests = all.reduce((sum, search) => sum + search.requests, 0);
      const bad = all.reduce((sum, search) => sum + search.bad, 0);
      return {
        mean: requests / Math.max(1, bad),
        worst: all.reduce((worst, search) => Math.max(worst, search.requests / search.bad), 0),
      };
    },
  };
}
