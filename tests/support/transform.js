import { transformSync } from 'esbuild';

/** Jest's transformer: types are stripped, nothing is checked (that is `npm run types`). */
export default {
  process: (source, path) =>
    transformSync(source, {
      loader: 'ts',
      format: 'esm',
      target: 'node24',
      sourcemap: 'inline',
      sourcefile: path,
    }),
};
