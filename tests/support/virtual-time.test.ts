import { describe, expect, test } from '@jest/globals';
import { createVirtualTime } from './virtual-time.ts';

describe('virtual time', () => {
  test('passes only as far as a task waits for it', async () => {
    const time = createVirtualTime(0);
    let wokenAt = Number.NaN;
    void time.sleep(86_400_000).then(() => {
      wokenAt = time.now();
    });
    await time.run(1_000);
    expect([time.now(), wokenAt]).toEqual([1_000, Number.NaN]);
    await time.run();
    expect([time.now(), wokenAt]).toEqual([86_400_000, 86_400_000]);
  });

  test('lets every consequence of an instant happen before the next', async () => {
    const time = createVirtualTime(0);
    const seen: string[] = [];
    const follow = async () => {
      await time.sleep(1);
      for (let step = 0; step < 50; step += 1) await Promise.resolve();
      seen.push(`followed at ${time.now()}`);
    };
    void follow();
    void time.sleep(2).then(() => seen.push(`next at ${time.now()}`));
    await time.run();
    expect(seen).toEqual(['followed at 1', 'next at 2']);
  });

  test('wakes those of the same instant in the order in which they lay down', async () => {
    const time = createVirtualTime(0);
    const woken: number[] = [];
    for (const sleeper of [0, 1, 2, 3, 4]) void time.sleep(7).then(() => woken.push(sleeper));
    void time.sleep(3).then(() => woken.push(-1));
    await time.run();
    expect(woken).toEqual([-1, 0, 1, 2, 3, 4]);
  });

  test('a sleep that is aborted rejects at once with the reason, and no other does', async () => {
    const time = createVirtualTime(0);
    const controller = new AbortController();
    const reason = new Error('enough');
    const outcomes: unknown[] = [];
    void time.sleep(1_000, controller.signal).catch((error) => outcomes.push([error, time.now()]));
    void time.sleep(1_000).then(() => outcomes.push(time.now()));
    void time.sleep(10).then(() => controller.abort(reason));
    await time.run();
    expect(outcomes).toEqual([[reason, 10], 1_000]);
    await expect(time.sleep(5, controller.signal)).rejects.toBe(reason);
  });

  test('a loop that waits for nothing still lets time pass', async () => {
    const time = createVirtualTime(0);
    const spin = async () => {
      while (time.now() < 20) await time.sleep(0);
    };
    void spin();
    await time.run();
    expect(time.now()).toBe(20);
  });

  test('a loop that never waits ends the run instead of hanging it', async () => {
    const time = createVirtualTime(0);
    const spin = async () => {
      await time.sleep(5);
      while (time.now() < 10) await Promise.resolve();
    };
    const spinning = spin().catch((error) => error);
    await expect(time.run()).rejects.toThrow('Time stands still');
    expect(await spinning).toBeInstanceOf(Error);
  });
});
