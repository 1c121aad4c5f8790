import { isReached, type Row } from './bench.ts';

/** Rows of cells as lines of a table: the first column to the left, numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  return `${rows.map(line).join('\n')}\n`;
}

/** The same as Markdown. */
export const markdown = ([head = [], ...rows]: readonly (readonly string[])[]): string =>
  [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');

export const print = (text: string): boolean => process.stdout.write(text);

/** Each figure beside its goal, with the middle half of what was measured. */
export const formatRows = (rows: readonly Row[], layout: typeof table): string =>
  layout([['figure', 'measured', 'range', 'goal', ''], ...rows.map(toCells)]);

/** An empty last cell: reached, or there is no goal. */
const toCells = (row: Row): string[] => [
  row.figure,
  `${format(row.value)} ${row.unit}`.trim(),
  row.range?.map(format).join(' to ') ?? '',
  row.goal === undefined ? '' : 'atMost' in row.goal ? `≤ ${row.goal.atMost}` : `≥ ${row.goal.atLeast}`,
  isReached(row) ? '' : 'behind',
];

function format(value: number): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
