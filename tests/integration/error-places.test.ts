import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type LocalSqs, startLocalSqs } from '../../lib/local/aws/local-sqs.ts';
import { isJsonObject, parseJson } from '../../lib/runtime/json.ts';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { PII_MARKER } from '../support/pii-markers.ts';
import { sqsEnvironment } from '../support/sqs-environment.ts';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'relay-error-places-'));

/** Functions that throw at once, in a process that is started with `PLANTED_IN` set to their file. */
const places = {
  mapping: { file: 'lib/mapping/map-event.ts', name: 'mapEvent' },
  batch: { file: 'lib/delivery/merge.ts', name: 'merge' },
  ingest: { file: 'lib/segment/split-request.ts', name: 'splitRequest' },
} as const;

/** Returns the line of the `throw`. */
function plantError({ file, name }: (typeof places)[keyof typeof places]): number {
  const path = join(directory, file);
  const lines = readFileSync(path, 'utf8').split('\n');
  const start = lines.findIndex((line) => line.includes(`export function ${name}(`));
  const bodyStart = lines.findIndex((line, index) => index >= start && line.endsWith('{')) + 1;
  const message = `JSON.stringify([...arguments].map(String)) + '${PII_MARKER}'`;
  lines.splice(
    bodyStart,
    0,
    `  if (process.env['PLANTED_IN'] === '${file}') throw new TypeError(${message});`,
  );
  writeFileSync(path, lines.join('\n'));
  return bodyStart + 1;
}

const plantedLines = new Map<string, number>();
let queues: LocalSqs;

beforeAll(async () => {
  for (const name of ['handlers', 'lib', 'package.json'])
    cpSync(join(repository, name), join(directory, name), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(directory, 'node_modules'));
  for (const place of Object.values(places)) plantedLines.set(place.file, plantError(place));
  await run('npm', ['run', 'build'], { cwd: directory });
  queues = await startLocalSqs();
});

afterAll(async () => {
  await queues.stop();
  rmSync(directory, { recursive: true });
});

const INVOKE = `
  const { handler } = await import(process.argv[1]);
  const context = { awsRequestId: 'request-1', logStreamName: 'stream-1', getRemainingTimeInMillis: () => 30_000 };
  handler(JSON.parse(process.argv[2]), context).then((answer) => process.stdout.write(JSON.stringify({ answer }) + '\\n'));
`;

/** Invokes a function's bundle in a process of its own; returns the lines that it logs, and last its answer. */
async function invoke(bundle: string, event: object, plantedIn: string) {
  const { stdout, stderr } = await run(
    process.execPath,
    ['--input-type=module', '-e', INVOKE, join(directory, 'dist', `${bundle}.mjs`), JSON.stringify(event)],
    {
      env: {
        ...COMPILE_CACHE,
        PLANTED_IN: plantedIn,
        ...sqsEnvironment(queues),
        INGEST_TOKENS: PII_MARKER,
        SALESMACHINE_URL: 'http://127.0.0.1:1',
        SALESMACHINE_API_TOKEN: PII_MARKER,
        SALESMACHINE_API_SECRET: PII_MARKER,
      },
    },
  );
  expect(stdout + stderr).not.toContain('canary');
  const lines = `${stderr}\n${stdout}`.split('\n').filter((line) => line.startsWith('{'));
  return lines.map(parseJson).filter(isJsonObject);
}

const segmentEvent = { type: 'track', userId: PII_MARKER, event: PII_MARKER, messageId: PII_MARKER };

const sqsEvent = {
  Records: [
    {
      messageId: 'sqs-1',
      receiptHandle: 'receipt-1',
      body: JSON.stringify(segmentEvent),
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1767225600000', MessageGroupId: 'g' },
      messageAttributes: {},
    },
  ],
};

const httpEvent = {
  version: '2.0',
  routeKey: 'POST /segment',
  rawPath: '/segment',
  headers: { authorization: `Bearer ${PII_MARKER}` },
  requestContext: { http: { method: 'POST', path: '/segment' } },
  body: JSON.stringify(segmentEvent),
  isBase64Encoded: false,
};

const errorLine = (file: string) => ({
  level: 'ERROR',
  error: 'TypeError',
  stack: expect.arrayContaining([expect.stringMatching(`^${file}:${plantedLines.get(file)}:\\d+$`)]),
});

test('an error in a batch names its line in the source, and the messages are released', async () => {
  const { file } = places.batch;
  const lines = await invoke('worker', sqsEvent, file);
  expect(lines).toContainEqual(
    expect.objectContaining({ message: 'unexpected error caught', ...errorLine(file) }),
  );
  expect(lines.at(-1)).toEqual({ answer: { batchItemFailures: [{ itemIdentifier: 'sqs-1' }] } });
});

test('an error in the ingest names its line in the source, and Segment is asked to try again', async () => {
  const { file } = places.ingest;
  const lines = await invoke('ingest', httpEvent, file);
  expect(lines).toContainEqual(
    expect.objectContaining({ message: 'unexpected error caught', ...errorLine(file) }),
  );
  expect(lines.at(-1)).toMatchObject({ answer: { statusCode: 503 } });
});

test('an error in the mapping names its line in the source, and the event becomes a dead letter', async () => {
  const { file } = places.mapping;
  const lines = await invoke('worker', sqsEvent, file);
  expect(lines).toContainEqual(expect.objectContaining({ message: 'event not mapped', ...errorLine(file) }));
  expect(lines).toContainEqual(
    expect.objectContaining({ message: 'dead letter written', reason: 'unmappable' }),
  );
  expect(lines.at(-1)).toEqual({ answer: { batchItemFailures: [] } });
});
