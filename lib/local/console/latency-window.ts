const MAX_SAMPLES = 2_000;
const WINDOW_MS = 60_000;

/** The latencies of the last minute; of many, the latest two thousand. */
export function createLatencyWindow(now: () => number) {
  let samples: { at: number; ms: number }[] = [];

  return {
    add(ms: number): void {
      samples.push({ at: now(), ms });
      if (samples.length > 2 * MAX_SAMPLES) samples = samples.slice(-MAX_SAMPLES);
    },
    /** Null if there were none. */
    percentiles(): { p50Ms: number; p99Ms: number } | null {
      const since = now() - WINDOW_MS;
      const sorted = samples
        .slice(-MAX_SAMPLES)
        .filter(({ at }) => at >= since)
        .map(({ ms }) => ms)
        .sort((a, b) => a - b);
      const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
      const [p50Ms, p99Ms] = [at(0.5), at(0.99)];
      return p50Ms === undefined || p99Ms === undefined ? null : { p50Ms, p99Ms };
    },
  };
}
