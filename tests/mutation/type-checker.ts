import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Checker, type CheckResult, CheckStatus } from '@stryker-mutator/api/check';
import type { Mutant } from '@stryker-mutator/api/core';
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { API } from 'typescript/unstable/sync';
import { applyMutant } from './apply-mutant.ts';

const CONFIGURATION = join(import.meta.dirname, 'tsconfig.json');

/**
 * Finds the mutants that the compiler refuses: no test needs to notice them. It replaces
 * `@stryker-mutator/typescript-checker`, which needs the API of TypeScript 6. A mutant takes about 20 ms.
 */
function createTypeChecker(): Checker {
  /** The files that a mutant changed, with their text; one that was checked before has its own text again. */
  const texts = new Map<string, string>();
  const api = new API({ cwd: process.cwd(), fs: { readFile: (file) => texts.get(file) } });

  function listErrors(changed: readonly string[], file?: string) {
    using snapshot = api.updateSnapshot({
      openProjects: [CONFIGURATION],
      fileChanges: { changed: [...changed] },
    });
    const program = snapshot.getProject(CONFIGURATION)?.program;
    if (program === undefined) throw new Error(`not a TypeScript project: ${CONFIGURATION}`);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  }

  function check(mutant: Mutant): CheckResult {
    const { fileName } = mutant;
    const changed = [...texts.keys(), fileName];
    texts.clear();
    texts.set(fileName, applyMutant(readFileSync(fileName, 'utf8'), mutant));
    const [error] = listErrors(changed, fileName);
    return error === undefined
      ? { status: CheckStatus.Passed }
      : { status: CheckStatus.CompileError, reason: error.text };
  }

  return {
    async init() {
      const [error] = listErrors([]);
      if (error !== undefined) throw new Error(`without a mutant: ${error.fileName}: ${error.text}`);
    },
    check: async (mutants) => Object.fromEntries(mutants.map((mutant) => [mutant.id, check(mutant)])),
  };
}

export const strykerPlugins = [declareFactoryPlugin(PluginKind.Checker, 'types', createTypeChecker)];
