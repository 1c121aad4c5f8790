import type { Row } from './bench.ts';

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

export const print = (text: string): boolean => process.stdout.write(text);

/** Each figure beside its goal, with the middle nine tenths of what was measured. */
export function formatRows(rows: readonly Row[]): string {
  const number = (value: number) => value.toFixed(2);
  const cells = rows.map(({ figure, value, unit, range, goal }) => [
    figure,
    goal === undefined ? '' : 'atMost' in goal ? `<= ${goal.atMost}` : `>= ${goal.atLeast}`,
    `${number(value)} ${unit}`,
    range === undefined ? '' : range.map(number).join('-'),
  ]);
  return table([['', 'goal', 'measured', 'range'], ...cells]);
}
