import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { INSTRUMENTER_CONSTANTS, type InstrumenterContext } from '@stryker-mutator/api/core';
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  TestStatus,
} from '@stryker-mutator/api/test-runner';
import { loadSuites, runSuite, type Suite } from './suite.ts';

/** The rooms whose code is mutated, see `mutate` in the configuration. */
const ROOMS = ['segment', 'salesmachine', 'telemetry', 'mapping', 'dead-letters', 'delivery'];

/** For one test: without a mutant only a busy machine makes one slow, with a mutant it may wait for ever. */
const DRY_RUN_TIMEOUT_MS = 120_000;
const TIMEOUT_MS = 5_000;

/** Where the instrumented code looks which mutant is active. */
const context: InstrumenterContext = {};
Object.assign(globalThis, { [INSTRUMENTER_CONSTANTS.NAMESPACE]: context });

let unhandled: unknown;
for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
  process.on(event, (error) => {
    unhandled ??= error;
  });
}

/**
 * Runs Jest's unit tests for Stryker in this process, without loading them again for each mutant: in Jest, whose
 * modules are new in each run, thousands of mutants would take hours.
 *
 * A mutant is tested by the tests of its room, for these have to tell what the room does; the tests of its own file
 * come first, because they mostly notice. A mutant of code that runs while its module is loaded (a table, a regular
 * expression) needs modules of its own.
 */
function createUnitTestRunner(): TestRunner {
  const suitesByRoom = new Map<string, Suite[]>();

  async function loadRoom(room: string): Promise<Suite[]> {
    const known = suitesByRoom.get(room);
    if (known !== undefined) return known;
    const suites: Suite[] = [];
    for await (const suite of loadSuites(findTestFiles(room))) suites.push(suite);
    suitesByRoom.set(room, suites);
    return suites;
  }

  return {
    capabilities: () => ({ reloadEnvironment: true }),

    async dryRun({ disableBail }) {
      const tests: TestResult[] = [];
      for (const room of ROOMS)
        for (const suite of await loadRoom(room)) tests.push(...(await measureSuite(suite, !disableBail)));
      const { mutantCoverage = { static: {}, perTest: {} } } = context;
      return { status: DryRunStatus.Complete, tests, mutantCoverage };
    },

    async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation, disableBail }) {
      const { id, fileName } = activeMutant;
      const room = readRoom(fileName);
      const ownFirst = compareByOwner(fileName);
      // The tests are loaded before the mutant is active, unless it is to be active while they are.
      const loaded = mutantActivation === 'static' ? undefined : await loadRoom(room);
      const ids = testFilter && new Set(testFilter);
      unhandled = undefined;
      Object.assign(context, { activeMutant: id, hitLimit, hitCount: hitLimit && 0 });
      try {
        const suites =
          loaded?.toSorted((a, b) => ownFirst(a.file, b.file)) ??
          loadSuites(findTestFiles(room).sort(ownFirst));
        return await runMutant(suites, ids, !disableBail);
      } catch (error) {
        // With this mutant, a module cannot even be loaded.
        return {
          status: MutantRunStatus.Killed,
          killedBy: ['load'],
          failureMessage: String(error),
          nrOfTests: 1,
        };
      } finally {
        Object.assign(context, { activeMutant: undefined, hitLimit: undefined, hitCount: undefined });
      }
    },
  };
}

/** Runs a suite without a mutant, and has the instrumented code note which test reaches what. */
async function measureSuite(suite: Suite, bail: boolean): Promise<TestResult[]> {
  const failures = await runSuite(suite, {
    bail,
    timeoutMs: DRY_RUN_TIMEOUT_MS,
    listener: {
      onTestStart(id) {
        context.currentTestId = id;
      },
      onTestEnd() {
        delete context.currentTestId;
      },
    },
  });
  return Array.from(suite.tests, ([id, { duration }]): TestResult => {
    const failureMessage = failures.get(id);
    const result = { id, name: id, timeSpentMs: duration ?? 0 };
    return failureMessage === undefined
      ? { ...result, status: TestStatus.Success }
      : { ...result, status: TestStatus.Failed, failureMessage };
  });
}

const findTestFiles = (room: string) => globSync(`${process.cwd()}/tests/unit/${room}/**/*.test.ts`).sort();

const readRoom = (fileName: string) => /\/lib\/([^/]+)\//.exec(fileName)?.[1] ?? '';

/** Puts the tests that are named after a file before the others. */
function compareByOwner(fileName: string) {
  const isOther = (testFile: string) => Number(basename(testFile, '.test.ts') !== basename(fileName, '.ts'));
  return (a: string, b: string) => isOther(a) - isOther(b);
}

async function runMutant(
  suites: Iterable<Suite> | AsyncIterable<Suite>,
  ids: ReadonlySet<string> | undefined,
  bail: boolean,
): Promise<MutantRunResult> {
  const failures = new Map<string, string>();
  let nrOfTests = 0;
  for await (const suite of suites) {
    const chosen = ids ?? new Set(suite.tests.keys());
    const covered = [...suite.tests.keys()].filter((id) => chosen.has(id));
    if (covered.length === 0) continue;
    nrOfTests += covered.length;
    for (const [id, message] of await runSuite(suite, { ids: chosen, bail, timeoutMs: TIMEOUT_MS }))
      failures.set(id, message);
    if (unhandled !== undefined) failures.set('unhandled', `not caught: ${unhandled}`);
    const endless = determineHitLimitReached(context.hitCount, context.hitLimit);
    if (endless) return { status: MutantRunStatus.Timeout, reason: endless.reason ?? '' };
    if (bail && failures.size > 0) break;
  }
  const [failureMessage] = failures.values();
  return failureMessage === undefined
    ? { status: MutantRunStatus.Survived, nrOfTests }
    : { status: MutantRunStatus.Killed, killedBy: [...failures.keys()], failureMessage, nrOfTests };
}

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'unit', createUnitTestRunner)];
