import type { RatePoint } from './protocol.ts';

/** Ten minutes. */
const SECONDS = 600;

/** Events per second over the last ten minutes. */
export function createRateSeries(now: () => number) {
  const points = new Map<number, RatePoint>();

  function count(kind: 'accepted' | 'delivered'): void {
    const second = Math.floor(now() / 1_000);
    const point = points.get(second) ?? { second, accepted: 0, delivered: 0 };
    point[kind] += 1;
    points.set(second, point);
    for (const old of points.keys()) {
      if (old > second - SECONDS) break;
      points.delete(old);
    }
  }

  return {
    count,
    /** The points from this second on; a second without events has none. */
    since: (second: number): RatePoint[] => [...points.values()].filter((point) => point.second >= second),
  };
}
