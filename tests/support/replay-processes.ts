import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { COMPILE_CACHE } from './compile-cache.ts';
import type { ReplayProcessTask } from './replay-process.ts';

export type ReplayProcess = {
  /** Resolves once it has loaded all that it needs. */
  ready(): Promise<void>;
  /** Lets it begin. */
  start(): void;
  /** The next line that it says. */
  line(): Promise<string>;
  /** Ends it at once, as `kill -9` does. */
  kill(): void;
  ended(): Promise<void>;
};

/** A process of its own that reads or replays dead letters. */
export function spawnReplayProcess(task: ReplayProcessTask): ReplayProcess {
  const script = join(import.meta.dirname, 'replay-process.ts');
  const child: ChildProcess = spawn(process.execPath, [script, JSON.stringify(task)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: COMPILE_CACHE,
  });
  const ended = once(child, 'exit');
  if (!child.stdout || !child.stdin) throw new Error('The process has no pipes.');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('The process ended without saying more.');
    return value;
  };
  const { stdin } = child;
  // One that is not waited for may well be killed before.
  const loaded = line();
  loaded.catch(() => undefined);
  return {
    ready: async () => void (await loaded),
    start: () => void stdin.write('go\n'),
    line,
    kill: () => void child.kill('SIGKILL'),
    ended: async () => void (await ended),
  };
}
