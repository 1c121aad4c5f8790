import { effect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Snapshot } from '../protocol.ts';
import { formatAxisTime, formatNumber } from './format.ts';
import { rates, snapshot } from './store.ts';

/** The chart begins with the first event, and shows at least a minute and at most ten. */
const MIN_SECONDS = 60;
const MAX_SECONDS = 600;

/** Whether every event is accounted for, and how fast they came and went over the last ten minutes. */
export function ThroughputPanel() {
  return (
    <section class="card" aria-labelledby="throughput">
      <h2 id="throughput">
        Nothing is lost <span>this run</span>
      </h2>
      <Ledger />
      <h2 class="second">
        Events per second <span class="key in">in</span>
        <span class="key out">delivered</span>
      </h2>
      <Chart />
    </section>
  );
}

/** Where the events of this run are. */
function Ledger() {
  const current = snapshot.value;
  if (current === null) return null;
  const { counts, unusable } = current;
  const taken = counts.accepted + counts.skipped + unusable;
  const parts = [
    { name: 'delivered', count: counts.delivered, tone: 'good' },
    { name: 'waiting', count: counts.queued + counts.inFlight, tone: 'accent' },
    { name: 'dead letters', count: counts.deadLettered, tone: 'bad' },
    { name: 'skipped', count: counts.skipped, tone: 'neutral' },
  ].filter(({ name, count }) => count > 0 || name === 'delivered');
  if (taken === 0)
    return <p class="empty">No event yet. Send one: it will be counted here until it is delivered.</p>;
  return (
    <div class="ledger">
      <div class="stack" aria-hidden="true">
        {parts.map(({ name, count, tone }) => (
          <i key={name} class={tone} style={{ flexGrow: count }} />
        ))}
      </div>
      <p>
        <b>{formatNumber(taken)}</b> taken ={' '}
        {parts.map(({ name, count, tone }, index) => (
          <span key={name} class="nowrap">
            {index > 0 && ' + '}
            <b class={tone}>{formatNumber(count)}</b> {name}
          </span>
        ))}
      </p>
      <Balance current={current} taken={taken} />
    </div>
  );
}

/** The counts are read one after the other, so the sum is only right when nothing moves. */
function Balance({ current: { counts, unusable }, taken }: { current: Snapshot; taken: number }) {
  const waiting = counts.queued + counts.inFlight;
  const found = counts.delivered + waiting + counts.deadLettered + counts.skipped;
  const isBalanced = found === taken && unusable <= taken;
  return (
    <p class="sub" data-testid="balance">
      {isBalanced ? (
        <>
          <b class="good">✓</b> every event is accounted for
        </>
      ) : (
        'counting…'
      )}
    </p>
  );
}

function Chart() {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const draw = () => {
      plot.current?.destroy();
      plot.current = createPlot(element);
    };
    draw();
    const stopUpdates = effect(() => {
      plot.current?.setData(toColumns(snapshot.value?.now ?? 0));
    });
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    scheme.addEventListener('change', draw);
    return () => {
      stopUpdates();
      observer.disconnect();
      scheme.removeEventListener('change', draw);
      plot.current?.destroy();
    };
  }, []);

  return (
    <div
      class="chart"
      ref={host}
      role="img"
      aria-label="Events in and delivered per second over the last ten minutes"
    />
  );
}

/** uPlot's columns: seconds, in, delivered. */
function toColumns(now: number): uPlot.AlignedData {
  const last = Math.floor(now / 1_000) - 1;
  const bySecond = new Map(rates.value.map((point) => [point.second, point]));
  const age = last - (rates.value[0]?.second ?? last);
  const length = Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, age + 10));
  const seconds = Array.from({ length }, (_, index) => last - length + 1 + index);
  return [
    seconds,
    seconds.map((second) => bySecond.get(second)?.accepted ?? 0),
    seconds.map((second) => bySecond.get(second)?.delivered ?? 0),
  ];
}

const spanMs = (seconds: readonly number[]) => ((seconds.at(-1) ?? 0) - (seconds[0] ?? 0)) * 1_000;

function createPlot(element: HTMLElement): uPlot {
  const styles = getComputedStyle(element);
  const color = (name: string) => styles.getPropertyValue(name).trim();
  const axis = {
    stroke: color('--soft'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  };
  return new uPlot(
    {
      width: element.clientWidth,
      height: element.clientHeight,
      padding: [8, 24, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { y: { range: (_, __, max) => [0, Math.max(5, max * 1.1)] } },
      axes: [
        {
          ...axis,
          space: 90,
          size: 26,
          values: (_, seconds) => seconds.map((second) => formatAxisTime(second * 1_000, spanMs(seconds))),
        },
        { ...axis, size: 46, values: (_, values) => values.map((value) => formatNumber(value)) },
      ],
      series: [
        {},
        { stroke: color('--soft'), width: 1.5, points: { show: false } },
        { stroke: color('--accent'), fill: `${color('--accent')}22`, width: 1.5, points: { show: false } },
      ],
    },
    toColumns(snapshot.peek()?.now ?? 0),
    element,
  );
}
