import { describe, expect, test } from '@jest/globals';
import { withDeadline, withTimeout } from '../../../lib/runtime/deadline.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

describe('a task with a deadline', () => {
  test('that is done in time gives its result, and leaves no timer behind', async () => {
    const time = createVirtualTime(0);
    const result = withDeadline(time, 1_000, async (signal) => {
      await time.sleep(400, signal);
      return 'done';
    });
    await time.run();
    await expect(result).resolves.toBe('done');
    expect(time.now()).toBe(400);
  });

  test('that is late is told to stop by its signal, at the deadline', async () => {
    const time = createVirtualTime(0);
    const result = withDeadline(time, 1_000, (signal) => time.sleep(5_000, signal)).catch(
      (error: unknown) => error,
    );
    await time.run();
    await expect(result).resolves.toMatchObject({ name: 'TimeoutError', message: 'not done within 1000 ms' });
    expect(time.now()).toBe(1_000);
  });

  test('that fails by itself fails with its own error, and leaves no timer behind', async () => {
    const time = createVirtualTime(0);
    const error = new Error('its own');
    const result = withDeadline(time, 1_000, async () => {
      await time.sleep(10);
      throw error;
    }).catch((caught: unknown) => caught);
    await time.run();
    await expect(result).resolves.toBe(error);
    expect(time.now()).toBe(10);
  });

  test('that does not listen to its signal is waited for', async () => {
    const time = createVirtualTime(0);
    let signalled = false;
    const result = withDeadline(time, 1_000, async (signal) => {
      await time.sleep(3_000);
      signalled = signal.aborted;
      return 'late';
    });
    await time.run();
    await expect(result).resolves.toBe('late');
    expect(signalled).toBe(true);
  });
});

describe('a wait with a time limit', () => {
  test('settles as its work does, and leaves no timer behind', async () => {
    const time = createVirtualTime(0);
    const result = withTimeout(
      time,
      8_000,
      time.sleep(400).then(() => 'done'),
    );
    await time.run();
    await expect(result).resolves.toBe('done');
    expect(time.now()).toBe(400);
  });

  test('ends at its limit, in the words of Lambda', async () => {
    const time = createVirtualTime(0);
    const result = withTimeout(time, 8_000, new Promise(() => undefined)).catch((error: unknown) => error);
    await time.run();
    await expect(result).resolves.toMatchObject({
      name: 'TimeLimitError',
      message: 'Task timed out after 8.00 seconds',
    });
    expect(time.now()).toBe(8_000);
  });
});
