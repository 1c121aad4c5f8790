import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { Clock } from '../../../lib/runtime/clock.ts';
import type { Salesmachine } from '../../../lib/salesmachine/client.ts';
import type { VirtualTime } from '../../support/virtual-time.ts';
import { runInProcess } from './fatal-messages.ts';
import type { SqsHandler } from './sqs-client.ts';

/** How an invocation ended. */
export type InvocationResult<T> =
  | { kind: 'answered'; value: T }
  | { kind: 'threw'; error: unknown }
  | { kind: 'killed' }
  | { kind: 'timed_out' };

/** One process of a Lambda function. */
export type Sandbox = {
  clock: Clock;
  sqs: SqsHandler;
  salesmachine: Salesmachine;
  invoke<T>(work: () => Promise<T>, timeoutMs: number): Promise<InvocationResult<T>>;
  /** Ends the process in the middle of what it does. */
  kill(): void;
  isAlive(): boolean;
  /** Bodies of the messages that the current invocation has received by itself. */
  received(): readonly string[];
  /** A message has kept the process busy in the current invocation. */
  wasBusy(): boolean;
};

/** For functions that do not speak to Salesmachine. */
export const noSalesmachine: Salesmachine = {
  refreshCredentialIfOlderThan: async () => {},
  post: () => Promise.reject(new Error('This function does not speak to Salesmachine.')),
};

type SandboxDependencies = {
  time: VirtualTime;
  sqs: SqsHandler;
  salesmachine: Salesmachine;
  /** Fatal messages strike it. */
  isVulnerable?: boolean;
};

/**
 * Runs code as Lambda does: between invocations the process is frozen, so what it left pending goes on only with the
 * next one; after a time-out or a crash it is gone, so whatever it was about to do never happens. Calls that have left
 * the process by then arrive all the same.
 */
export function createSandbox({
  time,
  sqs,
  salesmachine,
  isVulnerable = false,
}: SandboxDependencies): Sandbox {
  let state: 'running' | 'frozen' | 'dead' = 'frozen';
  let pendingResumes: (() => void)[] = [];
  let die = () => {};
  let received: string[] = [];
  /** Until then the process computes: it hears nothing, and what it does next comes after. */
  let busyUntil = 0;
  let invokedAt = 0;

  const now = () => Math.max(time.now(), busyUntil);

  const resume = (settle: () => void) => {
    if (state === 'running' && now() > time.now()) time.schedule(now() - time.now(), () => resume(settle));
    else if (state === 'running') settle();
    else if (state === 'frozen') pendingResumes.push(settle);
  };

  /** The answer from outside the process, once the process runs. */
  const whileAlive = <T>(call: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (state === 'dead') return;
      const waitMs = now() - time.now();
      const called = waitMs > 0 ? time.sleep(waitMs).then(call) : call();
      called.then(
        (value) => resume(() => resolve(value)),
        (error) => resume(() => reject(error)),
      );
    });

  const thaw = () => {
    state = 'running';
    invokedAt = time.now();
    const settles = pendingResumes;
    pendingResumes = [];
    received = [];
    for (const settle of settles) settle();
  };

  const compute = (ms: number) => {
    busyUntil = now() + ms;
  };

  const kill = () => {
    die();
    state = 'dead';
  };

  const invoke = <T>(work: () => Promise<T>, timeoutMs: number): Promise<InvocationResult<T>> =>
    new Promise((resolve) => {
      const end = (next: 'frozen' | 'dead', result: InvocationResult<T>) => {
        if (state !== 'running') return;
        cancel();
        state = next;
        resolve(result);
      };
      const cancel = time.schedule(timeoutMs, () => end('dead', { kind: 'timed_out' }));
      die = () => end('dead', { kind: 'killed' });
      thaw();
      const run = isVulnerable ? () => runInProcess({ compute, kill }, work) : work;
      run().then(
        (value) => end('frozen', { kind: 'answered', value }),
        (error) => end('frozen', { kind: 'threw', error }),
      );
    });

  return {
    clock: { now, sleep: (ms, signal) => whileAlive(() => time.sleep(ms, signal)) },
    sqs: async (command, signal) => {
      const answer = await whileAlive(() => sqs(command, signal));
      if (
        command instanceof ReceiveMessageCommand &&
        'Messages' in answer &&
        Array.isArray(answer.Messages)
      ) {
        for (const { Body } of answer.Messages) received.push(Body);
      }
      return answer;
    },
    salesmachine: {
      ...salesmachine,
      post: (path, json, signal) => whileAlive(() => salesmachine.post(path, json, signal)),
    },
    invoke,
    kill,
    isAlive: () => state !== 'dead',
    received: () => received,
    wasBusy: () => busyUntil > invokedAt,
  };
}
