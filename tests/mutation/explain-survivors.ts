/** Code before and after: the lines that a mutant touches, as Stryker prints them with `-` and `+`. */
export type Survivor = { file: string; original: string; mutated: string };

/**
 * By file and line, why a survivor may stay. The line is the one that Stryker prints with `+`, or the one with `-` for
 * every mutant of that line; `…` at its end stands for the rest. Line breaks count as spaces.
 */
export type AcceptedSurvivors = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Compares the mutants that no test noticed with those that are accepted.
 *
 * @param files those that were mutated: the reasons of others are not compared
 */
export function explainSurvivors(
  survivors: readonly Survivor[],
  files: ReadonlySet<string>,
  accepted: AcceptedSurvivors,
): { unexplained: Survivor[]; stale: { file: string; line: string }[] } {
  const entries = Object.entries(accepted).flatMap(([file, reasons]) =>
    Object.keys(reasons).map((line) => ({ file, line })),
  );
  const isExplainedBy = (survivor: Survivor, { file, line }: { file: string; line: string }) =>
    survivor.file === file && (matches(survivor.mutated, line) || matches(survivor.original, line));
  return {
    unexplained: survivors.filter((survivor) => !entries.some((entry) => isExplainedBy(survivor, entry))),
    stale: entries.filter(
      (entry) => files.has(entry.file) && !survivors.some((survivor) => isExplainedBy(survivor, entry)),
    ),
  };
}

function matches(lines: string, pattern: string): boolean {
  const text = lines.trim().replace(/\s+/g, ' ');
  return pattern.endsWith('…') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}
