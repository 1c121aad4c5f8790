import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import * as v from 'valibot';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'relay-bundles-'));

const metafileSchema = v.object({
  outputs: v.record(v.string(), v.object({ inputs: v.record(v.string(), v.unknown()) })),
});

/** The SDK's client for SQS alone, as esbuild bundles it by itself: the floor. */
const FLOOR = 'tests/bench/client-sqs.ts';
const WITHOUT_ALIAS = '--alias:@aws-sdk/credential-provider-node=@aws-sdk/credential-provider-node';

jest.setTimeout(60_000);

beforeAll(async () => {
  const options = ['--outbase=.', `--outdir=${directory}`];
  const build = (...args: string[]) => run('npm', ['run', 'build', '--', ...args], { cwd: repository });
  await build(FLOOR, WITHOUT_ALIAS, ...options);
  await build(...options, `--metafile=${join(directory, 'meta.json')}`);
});

afterAll(() => rmSync(directory, { recursive: true }));

const sizeOf = (entry: string) => statSync(join(directory, entry.replace(/\.ts$/, '.cjs'))).size;

test.each(['ingest', 'worker', 'replay'])(
  '%s with all that it does is smaller than the SDK alone',
  (name) => {
    expect(sizeOf(`handlers/${name}.ts`)).toBeLessThan(sizeOf(FLOOR));
  },
);

test('no bundle holds a client that its function never uses', () => {
  const { outputs } = v.parse(
    v.pipe(v.string(), v.parseJson(), metafileSchema),
    readFileSync(join(directory, 'meta.json'), 'utf8'),
  );
  const bundles = Object.entries(outputs).filter(([output]) => output.endsWith('.cjs'));
  expect(bundles).toHaveLength(3);
  for (const [, { inputs }] of bundles) {
    const clients = Object.keys(inputs).filter((input) =>
      /@aws-sdk\/client-(?!sqs)|nested-clients|credential-provider-/.test(input),
    );
    expect(clients).toEqual([]);
  }
});
