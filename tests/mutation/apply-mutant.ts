type Position = { line: number; column: number };
export type Replacement = { location: { start: Position; end: Position }; replacement: string };

/** @param mutant with lines and columns counted from 0 */
export function applyMutant(source: string, { location, replacement }: Replacement): string {
  const lines = source.split('\n');
  const { start, end } = location;
  const before = [...lines.slice(0, start.line), lines[start.line]?.slice(0, start.column)];
  const after = [lines[end.line]?.slice(end.column), ...lines.slice(end.line + 1)];
  return before.join('\n') + replacement + after.join('\n');
}
