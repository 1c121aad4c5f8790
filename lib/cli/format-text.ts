/** A moment for people, in UTC. */
export const formatTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, 19);

export const formatNumber = (number: number): string => number.toLocaleString('en');

/** "1 dead letter", "2 dead letters". */
export const pluralize = (count: number, noun: string): string =>
  `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;
