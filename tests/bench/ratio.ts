import type { Row } from './bench.ts';

/** Work of a millisecond at most: what takes longer is interrupted on a busy machine. */
export type Work = () => unknown;
type Pair = { work: Work; floor: Work };

const ROUNDS = 200;
const WARM_UP_ROUNDS = 40;

type Figures = Required<Pick<Row, 'value' | 'unit' | 'range'>>;

/**
 * How long all the work takes against its floors: of each pair the median of many ratios, and of these the mean by the
 * floors' times. The two of a ratio run right after each other, so that whatever else the machine does hits both alike.
 */
export function measureRatios(pairs: readonly Pair[]): Figures {
  const rounds = Array.from({ length: ROUNDS }, (_, round) =>
    pairs.map((pair) => measurePair(pair, round % 2 === 0)),
  ).slice(WARM_UP_ROUNDS);
  const measured = pairs.map((_, index) => rounds.flatMap((round) => round[index] ?? []));
  const weights = measured.map((times) =>
    quantile(
      times.map(({ floorMs }) => floorMs),
      0.5,
    ),
  );
  const combine = (share: number) =>
    mean(
      measured.map((times) =>
        quantile(
          times.map(({ workMs, floorMs }) => workMs / floorMs),
          share,
        ),
      ),
      weights,
    );
  return { value: combine(0.5), unit: '×', range: [combine(0.25), combine(0.75)] };
}

function measurePair({ work, floor }: Pair, isWorkFirst: boolean): { workMs: number; floorMs: number } {
  // Once each, so that neither is measured with cold caches.
  floor();
  work();
  if (isWorkFirst) return { workMs: measureMs(work), floorMs: measureMs(floor) };
  const floorMs = measureMs(floor);
  return { floorMs, workMs: measureMs(work) };
}

function measureMs(work: Work): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

/** The median of what was measured, and its middle half: the rest is what else the machine did. */
export const summarize = (values: readonly number[], unit: string): Figures => ({
  value: quantile(values, 0.5),
  unit,
  range: [quantile(values, 0.25), quantile(values, 0.75)],
});

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function mean(values: readonly number[], weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return values.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0) / total;
}
