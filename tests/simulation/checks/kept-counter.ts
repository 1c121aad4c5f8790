/** Requests with one bad event alone that belong to the search for it. */
const SEARCH_ATTEMPTS = 3;

/** The window of Salesmachine's quota. */
const WINDOW_MS = 300_000;

/**
 * Counts what is spent on events that are known to be bad, and kept: requests that hold one of them alone, again and
 * again.
 */
export function createKeptCounter(start: number, isRejected: (event: number) => boolean) {
  const attempts = new Map<number, number>();
  const perWindow: number[] = [];
  return {
    onStart([event, ...others]: readonly number[], now: number): void {
      if (event === undefined || others.length > 0 || !isRejected(event)) return;
      const count = (attempts.get(event) ?? 0) + 1;
      attempts.set(event, count);
      if (count <= SEARCH_ATTEMPTS) return;
      const window = Math.floor((now - start) / WINDOW_MS);
      perWindow[window] = (perWindow[window] ?? 0) + 1;
    },
    /** The most such requests in a window of the quota. */
    maxPerWindow: () => perWindow.reduce((most, requests) => Math.max(most, requests), 0),
  };
}
