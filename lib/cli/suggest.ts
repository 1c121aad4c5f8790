/** What was probably meant by a word that is none of the choices, as a question; empty where none is near. */
export function suggest(word: string, choices: readonly string[]): string {
  const [nearest] = choices
    .map((choice) => ({ choice, distance: countEdits(word, choice) }))
    // Short words differ by half of their letters from many others.
    .filter(({ choice, distance }) => distance <= Math.min(3, choice.length / 2))
    .toSorted((a, b) => a.distance - b.distance);
  return nearest === undefined ? '' : ` Did you mean ${nearest.choice}?`;
}

/** How many letters must be added, removed or replaced to make one word of the other (Levenshtein's distance). */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
