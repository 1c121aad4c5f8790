import type { Clock } from '../runtime/clock.ts';
import type { Handle } from './sqs-commands.ts';

/** Keeps messages hidden from others for as long as this process lives. */
export type Hold = {
  keep(messages: readonly Handle[]): void;
  /** They are deleted: there is nothing to hide any more. */
  forget(messages: readonly Handle[]): void;
  size(): number;
  /** Ends the hold: all that is kept is visible at once. */
  release(): Promise<void>;
};

type HoldPorts = {
  /** Makes messages visible in so many seconds; one that is not told so keeps the time that it has. */
  hide: (messages: readonly { message: Handle; seconds: number }[]) => Promise<void>;
  clock: Clock;
};

/**
 * Messages are kept by extending their visibility time-out, so that they come back within `seconds` if the process is
 * killed. Twice may an extension fail before they do.
 */
export function createHold(seconds: number, { hide, clock }: HoldPorts): Hold {
  const kept = new Map<string, Handle>();
  const ended = new AbortController();
  const hideAll = (forSeconds: number) =>
    hide(Array.from(kept.values(), (message) => ({ message, seconds: forSeconds })));

  async function extend(): Promise<void> {
    const everyMs = (seconds * 1_000) / 3;
    const pause = () =>
      clock.sleep(everyMs, ended.signal).then(
        () => true,
        () => false,
      );
    while (await pause()) await hideAll(seconds);
  }
  let extending: Promise<void> | undefined;

  return {
    keep(messages) {
      extending ??= extend();
      for (const message of messages) kept.set(message.messageId, message);
    },
    forget(messages) {
      for (const { messageId } of messages) kept.delete(messageId);
    },
    size: () => kept.size,
    async release() {
      ended.abort(null);
      // An extension that is still under way would hide again what is handed back.
      await extending;
      await hideAll(0);
    },
  };
}
