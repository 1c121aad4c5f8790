import { registerHooks } from 'node:module';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { addEventHandler, type Event, getState, resetState, run, type State, setState } from 'jest-circus';

type DescribeBlock = State['rootDescribeBlock'];
type TestEntry = Extract<DescribeBlock['children'][number], { type: 'test' }>;

/** A test file that has been loaded, with its tests by ids of their own. */
export type Suite = { file: string; tests: ReadonlyMap<string, TestEntry>; state: State };

type RunOptions = {
  /** The tests to run; without it, all. */
  ids?: ReadonlySet<string> | undefined;
  bail: boolean;
  /** For one test. */
  timeoutMs: number;
  listener?: { onTestStart(id: string): void; onTestEnd(): void };
};

const globalsUrl = new URL('./jest-globals.ts', import.meta.url).href;
const memoizeUrl = new URL('./forgetful-memoize.ts', import.meta.url).href;

/** Where the instrumented repository is; known only once Stryker has changed to it. */
const sandboxUrl = () => pathToFileURL(`${process.cwd()}/`).href;

/** Raised so that modules are evaluated again: Node keeps one instance for each URL. */
let generation = 0;

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === '@jest/globals') return { url: globalsUrl, shortCircuit: true };
    const resolved = nextResolve(specifier, context);
    if (resolved.url.endsWith('/lib/runtime/memoize.ts')) return { url: memoizeUrl, shortCircuit: true };
    const isOurs = resolved.url.startsWith(sandboxUrl()) && !resolved.url.includes('/node_modules/');
    return isOurs ? { ...resolved, url: `${resolved.url}?generation=${generation}` } : resolved;
  },
});

// A stack names the files as they are.
Error.prepareStackTrace = (error, frames) =>
  [`${error}`, ...frames].join('\n    at ').replace(/\?generation=\d+/g, '');

/** Loads test files, each when it is asked for, and all of the repository that they import once more. */
export async function* loadSuites(files: readonly string[]): AsyncGenerator<Suite> {
  generation += 1;
  for (const file of files) {
    resetState();
    await import(pathToFileURL(file).href);
    const state = getState();
    yield { file, state, tests: nameTests(relative(process.cwd(), file), state.rootDescribeBlock) };
  }
}

const idsByTest = new WeakMap<TestEntry, string>();

function nameTests(file: string, root: DescribeBlock): Map<string, TestEntry> {
  const tests = new Map<string, TestEntry>();
  const visit = (block: DescribeBlock, path: string) => {
    for (const child of block.children) {
      const name = `${path} ${child.name}`;
      if (child.type === 'describeBlock') {
        visit(child, name);
        continue;
      }
      const id = tests.has(name) ? `${name} (${tests.size})` : name;
      tests.set(id, child);
      idsByTest.set(child, id);
    }
  };
  visit(root, file);
  return tests;
}

let onEvent: (event: Event) => void = () => {};
addEventHandler((event) => onEvent(event));

/**
 * Runs a suite's tests, or those of them that are named; `bail` skips the rest once one has failed.
 *
 * @returns the tests that failed, by id, with their messages
 */
export async function runSuite(
  { tests, state }: Suite,
  { ids, bail, timeoutMs, listener }: RunOptions,
): Promise<Map<string, string>> {
  const failures = new Map<string, string>();
  for (const [id, test] of tests) {
    test.errors = [];
    test.mode = ids === undefined || ids.has(id) ? undefined : 'skip';
  }
  onEvent = (event) => {
    if (event.name === 'test_started') listener?.onTestStart(idsByTest.get(event.test) ?? '');
    if (event.name !== 'test_done') return;
    listener?.onTestEnd();
    const [error] = event.test.errors;
    if (error === undefined) return;
    failures.set(idsByTest.get(event.test) ?? '', String(Array.isArray(error) ? error[0] : error));
    if (bail) for (const test of tests.values()) test.mode = 'skip';
  };
  setState({ ...state, testTimeout: timeoutMs });
  await run();
  return failures;
}
