import { expect, test } from '@jest/globals';
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
