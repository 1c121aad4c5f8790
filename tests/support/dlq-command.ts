import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import type { Environment } from '../../lib/config/config.ts';
import { type DeadLetter, serializeDeadLetter } from '../../lib/dead-letters/dead-letter.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { sendMessages } from '../../lib/sqs/send-messages.ts';
import { createDeadLetter } from './dead-letter-fixtures.ts';
import { recordingLog } from './log.ts';
import { startTestRelay, type TestRelay } from './relay.ts';
import { runRelayProgram } from './relay-program.ts';

/** The dead letter of an event whose values all tell of it: `hush` must not show where it was not asked for. */
export const secretive = createDeadLetter(70, {
  body: JSON.stringify({
    type: 'identify',
    messageId: 'm70',
    userId: 'hush-user',
    traits: { email: 'hush@example.com', plan: 'hush-plan', 'hush@example.com': 1 },
  }),
  type: 'identify',
});

/** For each test a local relay with the settings of `env`, a folder, and `relay dlq`, which speaks to the relay. */
export function setUpDlqCommand(env: Environment = {}) {
  let relay: TestRelay;
  let directory: string;

  beforeEach(async () => {
    relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '100000', ...env });
    directory = mkdtempSync(join(tmpdir(), 'relay-dlq-'));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  const dlq = (...args: string[]) => runRelayProgram(['dlq', ...args], { RELAY_URL: relay.url });

  return {
    relay: () => relay,
    /** A file of the folder. */
    fileNamed: (name: string) => join(directory, name),
    dlq,
    /** What the command prints with `--json`. */
    async json(...args: string[]) {
      const { stdout, stderr } = await dlq(...args, '--json');
      expect(stderr).toBe('');
      return JSON.parse(stdout);
    },
    async writeDeadLetters(...deadLetters: DeadLetter[]): Promise<void> {
      await sendMessages(
        deadLetters.map(serializeDeadLetter),
        {
          sqs: relay.queues.connect(),
          queueUrl: relay.queues.deadLetters.url,
          clock: systemClock,
          random: systemRandom,
          log: recordingLog(),
        },
        new AbortController().signal,
      );
    },
    countDeadLetters: async () => (await relay.state()).deadLettered,
    deliveredMessageIds: (): string[] =>
      relay.fakeSalesmachine
        ?.state()
        .operations.map(({ messageId = '' }) => messageId)
        .toSorted() ?? [],
  };
}
