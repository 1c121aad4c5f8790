import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type DeadLetter, serializeDeadLetter } from '../../lib/dead-letters/dead-letter.ts';
import { type LocalSqs, startLocalSqs } from '../../lib/local/aws/local-sqs.ts';
import { createDeadLetterActions, LIST_TIMEOUT_MS } from '../../lib/local/console/dead-letter-actions.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { sendMessages } from '../../lib/sqs/send-messages.ts';
import { createDeadLetter, createDeadLetters } from '../support/dead-letter-fixtures.ts';
import { recordingLog } from '../support/log.ts';
import { DEFAULT_MAPPING } from '../support/mapping-settings.ts';
import { patientClock } from '../support/patient-clock.ts';

let queues: LocalSqs;

beforeEach(async () => {
  queues = await startLocalSqs();
});

afterEach(() => queues.stop());

/** What the page's buttons do, with these dead letters in the queue. */
async function setUpActions(deadLetters: readonly DeadLetter[], clock = patientClock) {
  const sqs = queues.connect();
  const signal = new AbortController().signal;
  const ports = { sqs, clock, random: systemRandom, log: recordingLog(), signal };
  const messages = deadLetters.map(serializeDeadLetter);
  await sendMessages(messages, { ...ports, queueUrl: queues.deadLetters.url }, signal);
  const urls = { queueUrl: queues.main.url, deadLetterQueueUrl: queues.deadLetters.url };
  return { sqs, ...createDeadLetterActions({ ...ports, ...urls, mapping: DEFAULT_MAPPING }) };
}

const countListed = ({ causes }: { causes: readonly { count: number }[] }) =>
  causes.reduce((sum, { count }) => sum + count, 0);

test('two pages that list the dead letters at the same time both see all of them', async () => {
  const { list } = await setUpActions(createDeadLetters(1, 300));
  expect((await Promise.all([list(), list()])).map(countListed)).toEqual([300, 300]);
});

test('after an action that fails the next one succeeds', async () => {
  const { sqs, list } = await setUpActions(createDeadLetters(1, 3));
  sqs.middlewareStack.add(
    () => async () => {
      throw new Error('SQS is away');
    },
    { step: 'initialize', name: 'away' },
  );
  const failed = list();
  await expect(failed).rejects.toThrow('SQS is away');
  sqs.middlewareStack.remove('away');
  expect(countListed(await list())).toBe(3);
});

test('where reading all of them takes too long, the list says how many it lacks', async () => {
  const clock = {
    ...patientClock,
    sleep: (ms: number, signal?: AbortSignal) =>
      ms === LIST_TIMEOUT_MS ? Promise.resolve() : patientClock.sleep(ms, signal),
  };
  const { list } = await setUpActions(createDeadLetters(1, 250), clock);
  const listed = await list();
  expect(countListed(listed) + listed.unread).toBe(250);
  expect(listed.unread).toBeGreaterThan(0);
});

test('a replay and its dry run say what they leave, and why', async () => {
  const { dryRun, replay } = await setUpActions([
    createDeadLetter(1),
    createDeadLetter(2, { replays: 5 }),
    createDeadLetter(3, { body: Buffer.from([0xff, 0xfe]) }),
  ]);
  const left = ['1 stay: they are not stored as a whole.', '1 stay: replayed five times already.'];
  expect(await dryRun({})).toEqual({
    ok: true,
    lines: [
      '1 would be replayed, as 1 operations; nothing was sent.',
      '1 would be sent to Salesmachine',
      ...left,
    ],
  });
  expect(await replay({})).toEqual({ ok: true, lines: ['1 replayed.', ...left] });
});
