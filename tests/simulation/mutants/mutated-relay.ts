import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { realRelay } from '../relays/real-relay.ts';

/** A change of one file's text. */
export type TextReplacement = { file: string; from: string; to: string };

const ROOT = new URL('../../../', import.meta.url);

/**
 * The relay as `realRelay` makes it, from changed sources.
 *
 * @throws if a text to be changed does not stand in its file exactly once: such a change would prove nothing
 */
export async function buildMutatedRelay(replacements: readonly TextReplacement[]): Promise<typeof realRelay> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../relays/real-relay.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'silent',
    plugins: [installedPackages, replacementPlugin(replacements)],
  });
  const source = outputFiles.map(({ text }) => text).join('');
  const { realRelay: mutated } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
  return mutated;
}

/** What is installed is imported from where it is: the world compares classes of the SDK, so there may be only one. */
const installedPackages: Plugin = {
  name: 'installed packages',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path: import.meta.resolve(path), external: true },
    );
  },
};

const replacementPlugin = (replacements: readonly TextReplacement[]): Plugin => ({
  name: 'edits',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const applicable = replacements.filter(({ file }) => fileURLToPath(new URL(file, ROOT)) === path);
      return { loader: 'ts', contents: applicable.reduce(applyReplacement, await readFile(path, 'utf8')) };
    });
  },
});

function applyReplacement(source: string, { file, from, to }: TextReplacement): string {
  const pieces = source.split(from);
  if (pieces.length !== 2) throw new Error(`${file} holds "${from}" ${pieces.length - 1} times, not once.`);
  return pieces.join(to);
}
