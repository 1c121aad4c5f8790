import { describe, expect, test } from '@jest/globals';
import { sendCanaries } from '../../../lib/dead-letters/canary.ts';
import { deadLetterId } from '../../../lib/dead-letters/dead-letter.ts';
import { type ReplayedDeadLetter, replay } from '../../../lib/dead-letters/replay-dead-letters.ts';
import { sendMessages } from '../../../lib/sqs/send-messages.ts';
import {
  createDeadLetter,
  createDeadLetters,
  createVirtualDeadLetterFixture,
  type VirtualDeadLetterFixture,
} from '../../support/dead-letter-fixtures.ts';

type Replayed = readonly ReplayedDeadLetter[];

/**
 * Two canaries of ten dead letters, which are waited for a minute; `becomes` is done with them once they are replayed.
 */
async function send(
  { ports, run, time, worker }: VirtualDeadLetterFixture,
  becomes: (replayed: Replayed) => Replayed = (replayed) => replayed,
  { limit = 2, signal = new AbortController().signal }: { limit?: number; signal?: AbortSignal } = {},
) {
  const printed: string[] = [];
  let begunAt = 0;
  const result = await run(
    (async () => {
      await worker.writeDeadLetters(createDeadLetters(0, 10));
      begunAt = time.now();
      return sendCanaries(
        {
          replay: (onReplayed) =>
            replay({ limit, onProgress: (_, replayed) => onReplayed(becomes(replayed)) }, ports),
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

test('canaries that came back are told apart from those of which nothing is known yet', async () => {
  const fixture = createVirtualDeadLetterFixture();
  const again = createDeadLetter(50, {
    replays: 1,
    detail: 'Salesmachine answered 422: the plan is missing.',
  });
  const { result } = await send(fixture, ([first, ...others]) => {
    if (first === undefined) return others;
    void fixture.worker.writeDeadLetters([again]);
    return [{ ...first, nextDeadLetterId: deadLetterId(again.sourceId, 1) }, ...others];
  });
  expect(result).toEqual({
    passed: false,
    sent: 2,
    cause:
      '1 came back, 1 still undecided (see relay status): rejected: Salesmachine answered 422: the plan is missing.',
  });
});

test('without dead letters nothing is waited for', async () => {
  const { ports, run } = createVirtualDeadLetterFixture();
  const printed: string[] = [];
  const options = {
    replay: async () => ({ failed: 0 }),
    timeoutSeconds: 60,
    waitSeconds: 0,
    signal: new AbortController().signal,
    print: async (line: string) => void printed.push(line),
  };
  expect(await run(sendCanaries(options, ports))).toEqual({ passed: true, sent: 0 });
  expect(printed).toEqual([]);
});

test('canaries that have all come back are waited for no longer, though the main queue holds others', async () => {
  const fixture = createVirtualDeadLetterFixture();
  const { result, seconds } = await send(fixture, (replayed) => {
    const again = replayed.map((_, index) => createDeadLetter(50 + index, { replays: 1 }));
    void fixture.worker.writeDeadLetters(again);
    return replayed.map((canary, index) => ({
      ...canary,
      nextDeadLetterId: deadLetterId(`origin ${50 + index}`, 1),
    }));
  });
  expect(result).toEqual({
    passed: false,
    sent: 2,
    cause: '2 came back: rejected: Salesmachine answered 422.',
  });
  expect(seconds).toBeLessThan(10);
});

test('canaries have passed once the main queue is no longer than before, though live events keep it from running empty', async () => {
  const fixture = createVirtualDeadLetterFixture();
  const { ports, run, worker } = fixture;
  const live = ['live-1', 'live-2'].map((id) => ({
    body: '{}',
    groupId: id,
    deduplicationId: id,
    attributes: {},
  }));
  await run(sendMessages(live, ports, new AbortController().signal));
  await run(worker.receive(1, 540));
  const deliver = async () => {
    const messages = await worker.receive(10, 540);
    await worker.deleteMessages(messages.filter(({ groupId }) => !groupId.startsWith('live')));
  };
  const { result, printed, seconds } = await send(fixture, (replayed) => {
    void deliver();
    return replayed;
  });
  expect(result).toEqual({ passed: true, sent: 2 });
  expect(printed.at(-1)).toBe('None came back in 60 s.');
  expect(seconds).toBeGreaterThan(60);
});

describe('canaries that are delivered', () => {
  const sendDelivered = (limit: number) => {
    const fixture = createVirtualDeadLetterFixture();
    const deliver = async () => fixture.worker.deleteMessages(await fixture.worker.receive(10, 540));
    const becomes = (replayed: Replayed) => {
      void deliver();
      return replayed;
    };
    return send(fixture, becomes, { limit });
  };

  test.each([
    [1, '1 dead letter'],
    [2, '2 dead letters'],
  ])('have passed as soon as the main queue is empty: %i', async (limit, count) => {
    const { result, printed, seconds } = await sendDelivered(limit);
    expect(result).toEqual({ passed: true, sent: limit });
    expect(printed).toEqual([
      `${count} replayed first; waiting for what becomes of them.`,
      'None came back: they are delivered.',
    ]);
    expect(seconds).toBeLessThan(30);
  });
});

test('a canary that came back while the other one is delivered says so', async () => {
  const fixture = createVirtualDeadLetterFixture();
  const again = createDeadLetter(50, { replays: 1, detail: 'The plan (2.5) is missing.' });
  const settle = async () => {
    await fixture.worker.writeDeadLetters([again]);
    await fixture.worker.deleteMessages(await fixture.worker.receive(10, 540));
  };
  const { result } = await send(fixture, ([first, ...others]) => {
    void settle();
    if (first === undefined) return others;
    return [{ ...first, nextDeadLetterId: deadLetterId(again.sourceId, 1) }, ...others];
  });
  expect(result).toMatchObject({
    passed: false,
    cause: '1 came back, 1 delivered: rejected: The plan (2.5) is missing.',
  });
});

test('canaries of which the operator did not wait for the end say so', async () => {
  const stop = new AbortController();
  const becomes = (replayed: Replayed) => {
    stop.abort();
    return replayed;
  };
  const { result } = await send(createVirtualDeadLetterFixture(), becomes, { signal: stop.signal });
  expect(result).toMatchObject({
    passed: false,
    cause: 'Stopped before it was known what becomes of them.',
  });
});

test('canaries that the main queue did not confirm are not waited for', async () => {
  const { ports, run, time } = createVirtualDeadLetterFixture();
  const startedAt = time.now();
  const options = {
    replay: async () => ({ failed: 2 }),
    timeoutSeconds: 60,
    waitSeconds: 0,
    signal: new AbortController().signal,
    print: async () => undefined,
  };
  expect(await run(sendCanaries(options, ports))).toEqual({
    passed: false,
    sent: 0,
    cause: 'The main queue did not confirm them: run it again.',
  });
  expect(time.now() - startedAt).toBeLessThan(10_000);
});
