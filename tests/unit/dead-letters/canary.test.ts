import { expect, test } from '@jest/globals';
import { sendCanaries } from '../../../lib/dead-letters/canary.ts';
import { replay } from '../../../lib/dead-letters/replay-dead-letters.ts';
import {
  createDeadLetters,
  createVirtualDeadLetterFixture,
  type VirtualDeadLetterFixture,
} from '../../support/dead-letter-fixtures.ts';

/** Two canaries of ten dead letters, which are waited for a minute. */
async function send({ ports, run, time, worker }: VirtualDeadLetterFixture) {
  const signal = new AbortController().signal;
  const printed: string[] = [];
  let begunAt = 0;
  const result = await run(
    (async () => {
      await worker.writeDeadLetters(createDeadLetters(0, 10));
      begunAt = time.now();
      return sendCanaries(
        {
          replay: (onReplayed) =>
            replay({ limit: 2, onProgress: (_, replayed) => onReplayed(replayed) }, ports),
          timeoutSeconds: 60,
          waitSeconds: 0,
          signal,
          print: async (line) => void printed.push(line),
        },
        ports,
      );
    })(),
  );
  return { result, printed, seconds: (time.now() - begunAt) / 1_000 };
}

test('canaries that stay in the main queue are waited for as long as was asked, and hold back the others', async () => {
  const { result, printed, seconds } = await send(createVirtualDeadLetterFixture());
  expect(result).toEqual({
    passed: false,
    sent: 2,
    cause: 'They still wait in the main queue: see relay status.',
  });
  expect(printed.at(-1)).toMatch(/^They still wait .* Nothing more was replayed\.$/);
  expect(seconds).toBeGreaterThan(60);
  expect(seconds).toBeLessThan(70);
});

test('without dead letters nothing is waited for', async () => {
  const { ports, run } = createVirtualDeadLetterFixture();
  const options = {
    replay: async () => ({ failed: 0 }),
    timeoutSeconds: 60,
    waitSeconds: 0,
    signal: new AbortController().signal,
    print: async () => undefined,
  };
  expect(await run(sendCanaries(options, ports))).toEqual({ passed: true, sent: 0 });
});
