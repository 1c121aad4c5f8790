import { expect, test } from '@jest/globals';
import type { Clock } from '../../lib/runtime/clock.ts';
import { send, setUpMapping } from '../support/event-source-mapping.ts';
import { until } from '../support/until.ts';

test('a stop waits for the running invocation, whose messages are deleted', async () => {
  const { queues, sqs, start, depth } = await setUpMapping();
  await send(sqs, queues.main.url, 1);
  const started = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const mapping = start(() => {
    started.resolve();
    return released.promise;
  });
  await started.promise;
  const stopped = mapping.stop();
  released.resolve();
  await stopped;
  expect(await depth()).toEqual({ queued: 0, inFlight: 0 });
});

test('a stop does not wait for ever: the messages of an invocation that hangs stay in the queue', async () => {
  const { queues, sqs, log, start, depth } = await setUpMapping();
  await send(sqs, queues.main.url, 2);
  const started = Promise.withResolvers<void>();
  const timesUp = Promise.withResolvers<void>();
  const clock: Clock = {
    now: () => 0,
    sleep: (ms) => (ms < 90_000 ? timesUp.promise : new Promise(() => undefined)),
  };
  const mapping = start(
    () => {
      started.resolve();
      return new Promise(() => undefined);
    },
    { clock },
  );
  await started.promise;
  const stopped = mapping.stop();
  timesUp.resolve();
  await stopped;
  expect(log.lines.map(({ level }) => level)).toEqual(['warn']);
  expect(await depth()).toEqual({ queued: 0, inFlight: 2 });
});

test('nothing is received after a stop', async () => {
  const { queues, sqs, start, depth } = await setUpMapping();
  const received: string[] = [];
  const mapping = start(async (_, { Records }) => void received.push(...Records.map(({ body }) => body)));
  await send(sqs, queues.main.url, 1);
  await until('the first message is there', () => received.length > 0);
  await mapping.stop();
  await send(sqs, queues.main.url, 3);
  expect(received).toEqual(['0']);
  const { queued, inFlight } = await depth();
  // The broken-off receive may still have taken one, as SQS itself would let it.
  expect(queued + inFlight).toBe(3);
});
