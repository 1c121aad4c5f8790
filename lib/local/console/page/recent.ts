import { backlog, rates, snapshot } from './store.ts';

/** As far as the small curves go back. */
const SECONDS = 60;

/** Over so many whole seconds a rate is the mean. */
const RATE_SECONDS = 5;

type Kind = 'accepted' | 'delivered';

const currentSecond = () => Math.floor((snapshot.value?.now ?? 0) / 1_000);

/** Events per second of late. */
export function readRate(kind: Kind): number {
  const second = currentSecond();
  const recent = rates.value.filter(
    (point) => point.second >= second - RATE_SECONDS && point.second < second,
  );
  return recent.reduce((sum, point) => sum + point[kind], 0) / RATE_SECONDS;
}

/** Events of each second of the last minute. */
export const listRates = (kind: Kind): number[] =>
  listSeconds(new Map(rates.value.map((point) => [point.second, point[kind]])));

/** How many events waited at each second of the last minute. */
export const listBacklog = (): number[] =>
  listSeconds(new Map(backlog.value.map(({ second, waiting }) => [second, waiting])));

function listSeconds(bySecond: ReadonlyMap<number, number>): number[] {
  const first = currentSecond() - SECONDS;
  return Array.from({ length: SECONDS }, (_, index) => bySecond.get(first + index) ?? 0);
}
