import { rates, snapshot } from './store.ts';

const SECONDS = 60;
const WIDTH = 100;
const HEIGHT = 30;

/** Events per second over the last minute. The number beside it says the same. */
export function Sparkline({ kind }: { kind: 'accepted' | 'delivered' }) {
  const now = Math.floor((snapshot.value?.now ?? 0) / 1_000);
  const bySecond = new Map(rates.value.map((point) => [point.second, point[kind]]));
  const values = Array.from({ length: SECONDS }, (_, index) => bySecond.get(now - SECONDS + index) ?? 0);
  const max = Math.max(1, ...values);
  const points = values.map((value, index) => {
    const x = ((index / (SECONDS - 1)) * WIDTH).toFixed(1);
    return `${x} ${(HEIGHT - 2 - (value / max) * (HEIGHT - 6)).toFixed(1)}`;
  });
  const line = `M${points.join('L')}`;
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="area" d={`${line}V${HEIGHT}H0Z`} />
      <path class="line" d={line} />
    </svg>
  );
}
