import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'relay-rooms-'));

afterAll(() => rmSync(directory, { recursive: true }));

/** By room, imports that it may not have, and what the message says to do instead. */
const forbidden: Record<string, { imports: readonly string[]; instead: string }> = {
  'lib/runtime': { imports: ['../telemetry/log.ts'], instead: 'pass the value in as a parameter' },
  'lib/segment': {
    imports: ['../mapping/map-event.ts'],
    instead: 'let lib/mapping or lib/ingest connect it',
  },
  'lib/salesmachine': { imports: ['../config/secrets.ts'], instead: 'code that decides to lib/delivery' },
  'lib/telemetry': { imports: ['../config/config.ts'], instead: 'let the caller fill it' },
  'lib/mapping': { imports: ['../delivery/request.ts'], instead: 'leave requests to lib/delivery' },
  'lib/sqs': { imports: ['../dead-letters/reasons.ts'], instead: 'belongs to lib/dead-letters' },
  'lib/dead-letters': {
    imports: ['../delivery/lane.ts'],
    instead: 'move what it needs to lib/mapping or lib/sqs',
  },
  'lib/ingest': { imports: ['../config/config.ts'], instead: 'the handler passes the value' },
  'lib/delivery': {
    imports: ['../config/config.ts', '../sqs/sqs-commands.ts', '@aws-sdk/client-sqs'],
    instead: 'AWS is behind a port',
  },
  'lib/config': { imports: ['../local/local-log.ts'], instead: 'passes them on' },
  handlers: { imports: ['../lib/local/local-log.ts'], instead: 'stays in lib/local or lib/cli' },
  'lib/local': { imports: ['../cli/options.ts'], instead: 'let lib/cli import it' },
  'lib/cli': { imports: ['../../tests/support/log.ts'], instead: 'let the test import it' },
};

test('an import that a room may not have fails the lint, with a message that says what to do instead', async () => {
  for (const name of ['handlers', 'lib', 'package.json', 'biome.json', 'tsconfig.json', '.gitignore'])
    cpSync(join(repository, name), join(directory, name), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(directory, 'node_modules'));
  const planted = Object.entries(forbidden).flatMap(([room, { imports, instead }]) =>
    imports.map((path, index) => ({ file: `${room}/planted-${index}.ts`, path, instead })),
  );
  for (const { file, path } of planted) writeFileSync(join(directory, file), `import '${path}';\n`);

  const { code, output } = await lint();
  expect(code).toBe(1);
  const complaints = output.split('lint/style/noRestrictedImports');
  expect(complaints).toHaveLength(planted.length + 1);
  for (const { file, instead } of planted) {
    const place = complaints.findIndex((text) => text.includes(`${file}:1:`));
    expect(complaints[place + 1]).toContain(instead);
  }
});

async function lint(): Promise<{ code: number; output: string }> {
  return run('npm', ['run', 'lint'], { cwd: directory }).then(
    ({ stderr }) => ({ code: 0, output: stripVTControlCharacters(stderr) }),
    ({ code, stderr }) => ({ code, output: stripVTControlCharacters(stderr) }),
  );
}
