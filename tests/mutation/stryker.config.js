import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Parts of the engine that put the others to work: what they do shows only in a world with a queue, a clock and an API
 * that fails. Their mutants are those of tests/simulation/mutants.
 */
const ORCHESTRATION = [
  'attempt',
  'backlog',
  'batch-sender',
  'gate',
  'invocation',
  'lane',
  'recall',
  'settlement',
];

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'unit',
  plugins: [
    './tests/mutation/test-runner.ts',
    './tests/mutation/empty-defaults.ts',
    './tests/mutation/documented-texts.ts',
    './tests/mutation/type-checker.ts',
    './tests/mutation/survivor-reporter.ts',
  ],
  checkers: ['types'],
  ignorers: ['empty-defaults', 'documented-texts'],
  coverageAnalysis: 'perTest',
  mutate: [
    'lib/{segment,mapping,salesmachine,dead-letters,delivery,telemetry}/**/*.ts',
    `!lib/delivery/{${ORCHESTRATION.join()}}.ts`,
  ],
  disableTypeChecks: false,
  // Stryker would read it with TypeScript's API, which version 7 does not have; Node needs none to run the sources.
  tsconfigFile: 'none',
  tempDirName: join(tmpdir(), 'relay-mutants'),
  concurrency: 2,
  timeoutMS: 20_000,
  dryRunTimeoutMinutes: 30,
  // Modules that are loaded again for a mutant stay in memory, about 30 MB each time.
  maxTestRunnerReuse: 50,
  reporters: ['clear-text', 'progress', 'survivors'],
  clearTextReporter: { allowColor: false, reportMutants: false, reportTests: false },
  thresholds: { high: 95, low: 90, break: 90 },
};
