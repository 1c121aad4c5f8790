import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again until there is an answer: a condition that never comes true fails with `what`. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  timeoutMs = 120_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}.`);
    await delay(10);
  }
}
