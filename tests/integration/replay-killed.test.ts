import { buffer } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { replay } from '../../lib/dead-letters/replay-dead-letters.ts';
import { listen, readHeaders } from '../../lib/local/http-server.ts';
import type { Random } from '../../lib/runtime/random.ts';
import { getQueueDepth } from '../../lib/sqs/queue-depth.ts';
import { receiveMessages } from '../../lib/sqs/sqs-commands.ts';
import {
  createDeadLetterFixture,
  createDeadLetters,
  messageIds,
  messageIdsFrom,
} from '../support/dead-letter-fixtures.ts';
import { type ReplayProcess, spawnReplayProcess } from '../support/replay-processes.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { until } from '../support/until.ts';

/** So many take some 30 calls to read, and then 10 steps of four calls each. */
const DEAD_LETTERS = 200;
const CALLS = 60;

const KILLS = 2;
const QUEUES = 10;

/** Stands before SQS, and tells of each call that comes; it is passed on in any case. */
async function startWatch(endpoint: string, onCall: () => void) {
  return listen(async (request) => {
    const body = await buffer(request);
    onCall();
    const { 'x-amz-target': target = '', 'content-type': type = '' } = readHeaders(request);
    const headers = { 'x-amz-target': target, 'content-type': type };
    const answer = await fetch(endpoint, { method: 'POST', headers, body });
    return { status: answer.status, headers: { 'content-type': type }, body: await answer.text() };
  });
}

/** Kills replays at random calls, which arrive all the same; the last one may finish. */
async function killAgainAndAgain(random: Random) {
  const box = await createDeadLetterFixture();
  let running: ReplayProcess | undefined;
  let callsLeft = Number.POSITIVE_INFINITY;
  const watch = await startWatch(box.queues.endpoint, () => {
    callsLeft -= 1;
    if (callsLeft === 0) running?.kill();
  });
  const spawn = () =>
    spawnReplayProcess({
      what: 'replay',
      endpoint: watch.url,
      queueUrl: box.queues.main.url,
      deadLetterQueueUrl: box.queues.deadLetters.url,
      visibilitySeconds: 1,
      rate: 200,
    });
  const deadLetters = { sqs: box.ports.sqs, queueUrl: box.queues.deadLetters.url };
  const look = { max: 1, visibilitySeconds: 0, waitSeconds: 1 };
  const isEmpty = async () => {
    const { queued, inFlight } = await getQueueDepth(box.ports.sqs, box.ports.deadLetterQueueUrl);
    return queued + inFlight === 0;
  };

  let written = 0;
  let killed = 0;
  try {
    while (killed < KILLS) {
      if (await isEmpty()) {
        await box.writeDeadLetters(createDeadLetters(written, DEAD_LETTERS));
        written += DEAD_LETTERS;
      }
      running = spawn();
      await running.ready();
      callsLeft = 1 + Math.floor(random() * CALLS);
      running.start();
      await running.ended();
      if (callsLeft <= 0) killed += 1;
      // What a killed run has read comes back when its visibility time-out ends.
      await until(
        'dead letters are visible, if there are any left',
        async () =>
          (await isEmpty()) ||
          (await receiveMessages(deadLetters, { ...look, attemptId: `${random()}` })).length > 0,
      );
    }
    await until('a replay has seen all dead letters', async () => {
      const { unread } = await replay({ rate: 10_000, waitSeconds: 0 }, box.ports);
      return unread === 0;
    });
    const left = await box.deadLetters();
    return { written, left: left.length, queued: messageIds(await box.queued()) };
  } finally {
    running?.kill();
    await watch.stop();
    await box.queues.stop();
  }
}

test('replays that are killed, 20 times, lose nothing: after the last run every event is queued, once', async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const runs = Array.from({ length: QUEUES }, (_, index) =>
    killAgainAndAgain(seededRandom(seed, `queue ${index}`)),
  );
  for (const { written, queued, left } of await Promise.all(runs)) {
    expect({ seed, left }).toEqual({ seed, left: 0 });
    expect(queued).toEqual(messageIdsFrom(0, written));
  }
});
