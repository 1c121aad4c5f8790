import { expect, test } from '@jest/globals';
import { createRecall } from '../../../lib/delivery/recall.ts';
import { createMessage, fakeQueue, track } from '../../support/delivery.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

function setUp() {
  const time = createVirtualTime();
  const queue = fakeQueue();
  const recall = createRecall(queue, time);
  const release = (...seconds: number[]) => {
    const released = seconds.map((each) => ({ message: createMessage(track('u1')), seconds: each }));
    recall.add(released);
    return released.map(({ message }) => message.sqsMessageId);
  };
  return { time, queue, recall, release };
}

test('what was released comes back at once, and only once', async () => {
  const { queue, recall, release } = setUp();
  const ids = release(30, 1_200);
  recall.recallAll();
  recall.recallAll();
  await recall.finish();
  expect(queue.calls).toEqual(ids.map((id) => `release ${id}`));
  expect([...queue.released.values()]).toEqual([0, 0]);
});

test('what has come back by itself is left alone', async () => {
  const { time, queue, recall, release } = setUp();
  const [, later] = release(30, 40);
  await time.run(time.now() + 35_000);
  recall.recallAll();
  await recall.finish();
  expect(queue.calls).toEqual([`release ${later}`]);
});

test('of very many, the thousand that were released last are recalled', async () => {
  const { queue, recall, release } = setUp();
  const ids = [...release(...Array<number>(600).fill(900)), ...release(...Array<number>(600).fill(900))];
  recall.recallAll();
  await recall.finish();
  expect([...queue.released.keys()]).toEqual(ids.slice(200));
});

test('it is finished only when SQS has answered', async () => {
  const time = createVirtualTime();
  const steps: string[] = [];
  const release = async () => {
    await time.sleep(100);
    steps.push('released');
  };
  const recall = createRecall({ ...fakeQueue(), release }, time);
  recall.add([{ message: createMessage(track('u1')), seconds: 60 }]);
  recall.recallAll();
  const finished = recall.finish().then(() => steps.push('finished'));
  await time.run();
  await finished;
  expect(steps).toEqual(['released', 'finished']);
});
