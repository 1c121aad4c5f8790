/** A generated part of a page; a page may have several. */
const PART = /^<!-- generated: (\S+) -->\n(?:.*\n)*?<!-- end -->$/gm;

/** The names of a page's generated parts, in their order. */
export const generatedParts = (page: string): string[] =>
  Array.from(page.matchAll(PART), ([, name = '']) => name);

/**
 * Replaces the generated parts of a page.
 *
 * @param parts what goes between the markers, by name, each line with its end
 * @throws Error if the page names a part that there is not
 */
export function fillParts(page: string, parts: ReadonlyMap<string, string>): string {
  return page.replace(PART, (_, name: string) => {
    const text = parts.get(name);
    if (text === undefined) throw new Error(`Nothing generates "${name}"`);
    return `<!-- generated: ${name} -->\n\n${text}\n<!-- end -->`;
  });
}
