const WIDTH = 100;
const HEIGHT = 30;

/** A small curve, oldest value first; the number beside it says the same. */
export function Sparkline({ values }: { values: readonly number[] }) {
  const max = Math.max(1, ...values);
  const points = values.map((value, index) => {
    const x = ((index / (values.length - 1)) * WIDTH).toFixed(1);
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
