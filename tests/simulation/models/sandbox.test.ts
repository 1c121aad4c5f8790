import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createVirtualTime } from '../../support/virtual-time.ts';
import { armFatalMessages, type FatalKind, toFatalMark } from './fatal-messages.ts';
import { createSandbox } from './sandbox.ts';

function createProcess() {
  const time = createVirtualTime(0);
  const arrived: string[] = [];
  const sandbox = createSandbox({
    time,
    sqs: async ({ input }) => {
      await time.sleep(100);
      if ('MessageBody' in input) arrived.push(input.MessageBody ?? '');
      return {};
    },
    salesmachine: {
      refreshCredentialIfOlderThan: async () => {},
      post: () => Promise.reject(new Error('unused')),
    },
    isVulnerable: true,
  });
  const send = (MessageBody: string) =>
    sandbox.sqs(new SendMessageCommand({ QueueUrl: 'queue', MessageBody }));
  return { time, sandbox, send, arrived };
}

test('what is killed has sent what it has sent, and does nothing more', async () => {
  const { time, sandbox, send, arrived } = createProcess();
  const work = async () => {
    await send('first');
    await send('second');
    await send('third');
  };
  const ended = sandbox.invoke(work, 150);
  await time.run();
  await expect(ended).resolves.toEqual({ kind: 'timed_out' });
  expect(sandbox.isAlive()).toBe(false);
  expect(arrived).toEqual(['first', 'second']);
});

test('what is left pending goes on in the next invocation only', async () => {
  const { time, sandbox, send } = createProcess();
  const heard: number[] = [];
  const leaveBehind = async () => {
    void send('left behind').then(() => heard.push(time.now()));
    return 'done';
  };
  const first = sandbox.invoke(leaveBehind, 1_000);
  await time.run(5_000);
  await expect(first).resolves.toEqual({ kind: 'answered', value: 'done' });
  expect(heard).toEqual([]);
  const second = sandbox.invoke(() => sandbox.clock.sleep(10), 1_000);
  await time.run();
  await second;
  expect(heard).toEqual([5_000]);
});

test('an invocation that throws leaves its process alive', async () => {
  const { time, sandbox } = createProcess();
  const error = new Error('a bug');
  const ended = sandbox.invoke(() => Promise.reject(error), 1_000);
  await time.run();
  await expect(ended).resolves.toEqual({ kind: 'threw', error });
  expect(sandbox.isAlive()).toBe(true);
});

describe('a process that reads a fatal message', () => {
  let disarm = () => {};
  beforeEach(() => {
    disarm = armFatalMessages();
  });
  afterEach(() => disarm());

  const read = (kind: FatalKind) => JSON.parse(`{"context":{${toFatalMark(kind)}}}`);

  test('is killed by one that needs too much memory', async () => {
    const { time, sandbox, send, arrived } = createProcess();
    const work = async () => {
      await send('first');
      read('out_of_memory');
      await send('second');
    };
    const ended = sandbox.invoke(work, 1_000);
    await time.run();
    await expect(ended).resolves.toEqual({ kind: 'killed' });
    expect(arrived).toEqual(['first']);
  });

  test('hears and does nothing while one keeps it busy', async () => {
    const { time, sandbox, send } = createProcess();
    const heard: number[] = [];
    const work = async () => {
      void send('first').then(() => heard.push(sandbox.clock.now()));
      read('hang');
      await send('second');
      heard.push(sandbox.clock.now());
    };
    const ended = sandbox.invoke(work, 90_000);
    await time.run();
    await expect(ended).resolves.toEqual({ kind: 'answered', value: undefined });
    expect(heard).toEqual([60_000, 60_100]);
    expect(sandbox.wasBusy()).toBe(true);
  });
});
