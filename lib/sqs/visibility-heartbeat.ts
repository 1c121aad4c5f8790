import type { Clock } from '../runtime/clock.ts';
import type { MessageHandle } from './sqs-commands.ts';

/** Keeps messages invisible to others for as long as this process lives. */
export type VisibilityHeartbeat = {
  add(messages: readonly MessageHandle[]): void;
  /** For messages that are deleted. */
  remove(messages: readonly MessageHandle[]): void;
  size(): number;
  /** Releases all messages: they are visible at once. */
  stop(): Promise<void>;
};

type HeartbeatPorts = {
  /** Makes messages visible in so many seconds; best effort. */
  changeVisibility: (messages: readonly { message: MessageHandle; seconds: number }[]) => Promise<void>;
  clock: Clock;
};

/**
 * Extends the messages' visibility time-out three times in `seconds`, so that they come back within `seconds` if the
 * process is killed, and only after two extensions in a row have failed if it is not.
 */
export function createVisibilityHeartbeat(
  seconds: number,
  { changeVisibility, clock }: HeartbeatPorts,
): VisibilityHeartbeat {
  const tracked = new Map<string, MessageHandle>();
  const stopped = new AbortController();
  const changeAll = (forSeconds: number) =>
    changeVisibility(Array.from(tracked.values(), (message) => ({ message, seconds: forSeconds })));

  async function extend(): Promise<void> {
    const everyMs = (seconds * 1_000) / 3;
    const pause = () =>
      clock.sleep(everyMs, stopped.signal).then(
        () => true,
        () => false,
      );
    while (await pause()) await changeAll(seconds);
  }
  let extending: Promise<void> | undefined;

  return {
    add(messages) {
      extending ??= extend();
      for (const message of messages) tracked.set(message.sqsMessageId, message);
    },
    remove(messages) {
      for (const { sqsMessageId } of messages) tracked.delete(sqsMessageId);
    },
    size: () => tracked.size,
    async stop() {
      stopped.abort(null);
      // An extension that is still under way would make the released messages invisible again.
      await extending;
      await changeAll(0);
    },
  };
}
