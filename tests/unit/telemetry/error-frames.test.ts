import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parseJson } from '../../../lib/runtime/json.ts';
import { errorFrames } from '../../../lib/telemetry/error-frames.ts';

/** An error as V8 makes it, with a stack of our choice. */
function createError(message: string, frames: readonly string[], head = `TypeError: ${message}`): Error {
  const error = new TypeError(message);
  error.stack = [head, ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return error;
}

test.each([
  ['a function', 'flatten (/var/task/lib/mapping/flatten.ts:57:12)', 'lib/mapping/flatten.ts:57:12'],
  ['an anonymous function', '/var/task/lib/mapping/flatten.ts:57:12', 'lib/mapping/flatten.ts:57:12'],
  ['an awaited one', 'async /var/task/lib/mapping/flatten.ts:1:2', 'lib/mapping/flatten.ts:1:2'],
  ['a method', 'async Object.post [as send] (file:///home/a b/lib/x/lib/a.ts:1:2)', 'lib/a.ts:1:2'],
  ['a handler', 'handler (/var/task/handlers/worker.ts:3:4)', 'handlers/worker.ts:3:4'],
  [
    'a library',
    'Client.send (/srv/node_modules/@aws-sdk/core/lib/a.js:3:4)',
    'node_modules/@aws-sdk/core/lib/a.js:3:4',
  ],
])('%s is named by file, line and column', (_, frame, expected) => {
  expect(errorFrames(createError('x', [frame]))).toEqual([expected]);
});

test('the relay’s own frames come instead of those of a library, and five at most', () => {
  const library = 'send (/task/node_modules/middy/index.js:1:1)';
  const own = [1, 2, 3, 4, 5, 6].map((line) => `send (/task/lib/sqs/send.ts:${line}:1)`);
  expect(errorFrames(createError('x', [library, ...own, library]))).toEqual(
    [1, 2, 3, 4, 5].map((line) => `lib/sqs/send.ts:${line}:1`),
  );
});

test('what is neither the relay’s nor a library’s is left out', () => {
  const frames = ['processTicks (node:internal/process/task_queues:105:5)', 'eval (<anonymous>)', 'native'];
  expect(errorFrames(createError('x', frames))).toEqual([]);
  expect(errorFrames('no error')).toEqual([]);
});

const FRAME = 'flatten (/var/task/lib/mapping/flatten.ts:57:12)';
const DISGUISED = 'no user\n    at anna (/lib/anna@example.com:1:2)\n    at anna (/lib/anna.smith:3:4)';

test.each([
  ['in the message', createError(DISGUISED, [FRAME])],
  ['in a message of a class with a code', createError(DISGUISED, [FRAME], `TypeError [ERR_X]: ${DISGUISED}`)],
])('a frame that stands %s is none', (_, error) => {
  expect(errorFrames(error)).toEqual(['lib/mapping/flatten.ts:57:12']);
});

test.each(['', 'changed later'])(
  'a stack that does not begin with the message "%s" is not read',
  (message) => {
    const error = createError(DISGUISED, [FRAME]);
    error.message = message;
    expect(errorFrames(error)).toEqual([]);
  },
);

test('a real error is located where it was thrown', () => {
  const [frame] = errorFrames(throwInLib());
  expect(frame).toMatch(/^lib\/runtime\/json\.ts:\d+:\d+$/);
});

function throwInLib(): unknown {
  try {
    return parseJson('{');
  } catch (error) {
    return error;
  }
}

test('an error without a message is located, too', () => {
  expect(errorFrames(createError('', [FRAME], 'TypeError'))).toEqual(['lib/mapping/flatten.ts:57:12']);
});

test.each([
  ['no error, though it has a stack', { message: 'x', stack: `TypeError: x\n    at ${FRAME}` }],
  ['an error without a stack', Object.assign(new TypeError('x'), { stack: undefined })],
])('%s is not located', (_, error) => {
  expect(errorFrames(error)).toEqual([]);
});

test.each([
  ['of another directory', 'send (/var/task/tests/unit/a.ts:1:2)'],
  ['whose path holds more than a path may', 'send (/var/task/lib/anna@example,com.ts:1:2)'],
  ['without a column', 'send (/var/task/lib/a.ts:1)'],
  ['with more behind it', 'send (/var/task/lib/a.ts:1:2) anna'],
])('a frame %s is left out, and its neighbour stays', (_, frame) => {
  expect(errorFrames(createError('x', [frame, FRAME]))).toEqual(['lib/mapping/flatten.ts:57:12']);
});

test('of a library within the relay, and of a library of a library, the path begins at the first library', () => {
  const frames = ['a (/var/task/lib/node_modules/a/node_modules/b/lib/c.js:10:20)'];
  expect(errorFrames(createError('x', frames))).toEqual(['node_modules/a/node_modules/b/lib/c.js:10:20']);
});

describe('in a bundle', () => {
  const directory = mkdtempSync(join(tmpdir(), 'relay-frames-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  /** A bundle whose third line, from column 5 on, is line 12, column 7 of a source. */
  const mapOf = (source: string) =>
    JSON.stringify({ version: 3, sources: [source], names: [], mappings: ';;IAWM' });
  const write = (name: string, map?: string) => {
    const bundle = join(directory, name);
    if (map !== undefined) writeFileSync(`${bundle}.map`, map);
    return bundle;
  };
  const framesOf = (file: string, place = '3:9') =>
    errorFrames(createError('x', [`send (${file}:${place})`]));

  test('a frame is that of the source', () => {
    expect(framesOf(write('worker.mjs', mapOf('../lib/sqs/send.ts')))).toEqual(['lib/sqs/send.ts:12:7']);
  });

  test('a source beside the map has a frame, too', () => {
    expect(framesOf(write('beside.mjs', mapOf('lib/sqs/send.ts')))).toEqual(['lib/sqs/send.ts:12:7']);
  });

  test('a place that the map does not know is none', () => {
    expect(framesOf(write('early.mjs', mapOf('../lib/sqs/send.ts')), '1:1')).toEqual([]);
  });

  test('without a map, or with one that cannot be read, there is no frame', () => {
    expect(framesOf(write('unmapped.mjs'))).toEqual([]);
    expect(framesOf(write('broken.mjs', '{'))).toEqual([]);
  });

  test('a map is read once', () => {
    const bundle = write('once.mjs', mapOf('../lib/sqs/send.ts'));
    expect(framesOf(bundle)).toEqual(['lib/sqs/send.ts:12:7']);
    write('once.mjs', mapOf('../lib/sqs/other.ts'));
    expect(framesOf(bundle)).toEqual(['lib/sqs/send.ts:12:7']);
  });

  test('what is no bundle has no map', () => {
    const source = join(directory, 'lib-a.js');
    writeFileSync(`${source}.map`, mapOf('../lib/sqs/send.ts'));
    expect(framesOf(source)).toEqual([]);
  });
});
