import type { Context } from 'aws-lambda';
import { serializeDeadLetter } from '../../../lib/dead-letters/dead-letter.ts';
import { createLambdaContext } from '../../../lib/local/aws/lambda-context.ts';
import type { VirtualTime } from '../../support/virtual-time.ts';
import type { EventTracker } from '../checks/event-tracker.ts';
import type { FifoQueue } from './queue-model.ts';
import { createSandbox, noSalesmachine, type Sandbox } from './sandbox.ts';
import { eventJson } from './segment-event.ts';
import type { SqsHandler } from './sqs-client.ts';

export type ReplaySettings = {
  /** Milliseconds after the start at which an operator begins to replay all dead letters. */
  from: number;
  /** Dead letters that have been there since before the start, of users who send nothing now. */
  deadLetters: number;
};

const FIRST_ABSENT_USER = 1_000_000_000;
const PAUSE_MS = 15_000;

export type ReplayFunction = (event: unknown, context: Context) => Promise<{ more: boolean; unread: number }>;

type ReplayOptions = {
  time: VirtualTime;
  sqs: SqsHandler;
  createReplay: (sandbox: Sandbox) => ReplayFunction;
  functionTimeoutMs: number;
};

/**
 * Invokes the replay function until it succeeds, has no more to replay and has read every dead letter: those in a lost
 * answer of SQS are invisible for a while.
 */
export async function replayAll({
  time,
  sqs,
  createReplay,
  functionTimeoutMs,
}: ReplayOptions): Promise<void> {
  const launch = () => {
    const sandbox = createSandbox({ time, sqs, salesmachine: noSalesmachine });
    return { sandbox, replay: createReplay(sandbox) };
  };
  let process = launch();
  for (let more = true; more; ) {
    if (!process.sandbox.isAlive()) process = launch();
    const { sandbox, replay } = process;
    const context = createLambdaContext('replay', functionTimeoutMs, time);
    const result = await sandbox.invoke(() => replay({}, context), functionTimeoutMs);
    more = result.kind !== 'answered' || result.value.more || result.value.unread > 0;
    if (more) await time.sleep(PAUSE_MS);
  }
}

/** Fills the queue with dead letters of events that were accepted and refused before the start. */
export function seedDeadLetters(
  count: number,
  deadLetters: FifoQueue,
  tracker: EventTracker,
  now: number,
): void {
  for (let user = FIRST_ABSENT_USER; user < FIRST_ABSENT_USER + count; user += 1) {
    const number = tracker.add({
      kind: 'track',
      user,
      rejectedWith: 422,
      flakyUntil: 0,
      timestamp: now,
      webhook: 0,
    });
    tracker.onSent(number, now);
    tracker.onAccepted(number, now);
    const { attributes, ...message } = serializeDeadLetter({
      body: eventJson({ number, kind: 'track', user, timestamp: now, sentAt: now, bulk: 0 }),
      sourceId: `message ${number}`,
      reason: 'rejected',
      detail: '',
      status: 422,
      attempts: 1,
      deadAt: now,
      acceptedAt: new Date(now).toISOString(),
      replays: 0,
    });
    const typed = Object.entries(attributes).map(([name, StringValue]) => [
      name,
      { DataType: 'String', StringValue },
    ]);
    deadLetters.send({ ...message, attributes: Object.fromEntries(typed), trace: undefined }, now);
  }
}
