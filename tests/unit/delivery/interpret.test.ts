import { describe, expect, test } from '@jest/globals';
import type { Evidence } from '../../../lib/delivery/evidence.ts';
import { createInterpreter } from '../../../lib/delivery/interpret.ts';
import type { ApiResult } from '../../../lib/salesmachine/client.ts';
import type { Outcome } from '../../../lib/salesmachine/outcome.ts';
import { createLaneParts, createResponse, fakeSalesmachine, OK, START } from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

/** Interprets answers one after the other, where a ping is answered so, after what `recordEarlier` records. */
async function interpretAll(
  outcomes: Outcome[],
  ping: ApiResult,
  recordEarlier: (evidence: Evidence) => void = () => undefined,
  deadline = START + 10_000,
) {
  const time = createVirtualTime(START);
  const salesmachine = fakeSalesmachine(time, () => ping);
  const { gate, evidence } = createLaneParts({
    salesmachine,
    clock: time,
    random: () => 0.5,
    log: recordingLog(),
  });
  const interpret = createInterpreter(deadline, { gate, evidence, clock: time });
  recordEarlier(evidence);
  const meanings: (Outcome | undefined)[] = [];
  const task = (async () => {
    for (const outcome of outcomes) meanings.push(await interpret(outcome));
  })();
  await Promise.all([task, time.run()]);
  return { meanings, pings: salesmachine.requests.length };
}

describe('a 400 is about the data', () => {
  test('if a ping passes, which is sent once', async () => {
    const interpreted = await interpretAll(['ambiguous', 'ambiguous'], OK);
    expect(interpreted).toEqual({ meanings: ['ambiguous', 'ambiguous'], pings: 1 });
  });

  test('without a ping if something was accepted less than 5 s before', async () => {
    const earlier = (ms: number) => (evidence: Evidence) => evidence.recordAcceptance(START - ms);
    const meanings: Outcome[] = ['ambiguous'];
    expect(await interpretAll(meanings, OK, earlier(4_999))).toEqual({ meanings, pings: 0 });
    expect(await interpretAll(meanings, OK, earlier(5_000))).toEqual({ meanings, pings: 1 });
  });

  test('and of the credential if a ping is refused, too', async () => {
    const { meanings } = await interpretAll(['ambiguous'], createResponse(400));
    expect(meanings).toEqual(['credential']);
  });

  test('and of the credential for a minute after one that was about no operation', async () => {
    const earlier = (ms: number) => (evidence: Evidence) => {
      evidence.recordCredential(START - ms, false);
      evidence.recordAcceptance(START);
    };
    expect((await interpretAll(['ambiguous'], OK, earlier(59_999))).meanings).toEqual(['credential']);
    expect((await interpretAll(['ambiguous'], OK, earlier(60_000))).meanings).toEqual(['ambiguous']);
  });

  test('and of the credential for a minute after a ping was refused', async () => {
    const earlier = (evidence: Evidence) => {
      evidence.recordCredential(START - 59_999, false);
      evidence.recordCredential(START, true);
    };
    expect((await interpretAll(['ambiguous'], OK, earlier)).meanings).toEqual(['credential']);
  });
});

describe('a 404 to an alias is about the call', () => {
  test('if it comes again after a ping has passed', async () => {
    const interpreted = await interpretAll(['alias_unsupported', 'alias_unsupported'], OK);
    expect(interpreted).toEqual({ meanings: [undefined, 'alias_unsupported'], pings: 1 });
  });

  test('though the credential is known to be good', async () => {
    const { meanings } = await interpretAll(['alias_unsupported'], OK, (evidence) =>
      evidence.recordAcceptance(START),
    );
    expect(meanings).toEqual([undefined]);
  });

  test('and of the configuration if a ping fails, too', async () => {
    const { meanings } = await interpretAll(['alias_unsupported', 'alias_unsupported'], createResponse(404));
    expect(meanings).toEqual(['configuration', 'configuration']);
  });
});

test('while pings are throttled, nothing is known', async () => {
  const throttled = createResponse(429, '', { 'retry-after': '60' });
  expect((await interpretAll(['ambiguous'], throttled)).meanings).toEqual([undefined]);
});

test.each<Outcome>(['delivered', 'rejected', 'transient', 'throttled'])(
  '%s needs no ping',
  async (outcome) => {
    expect(await interpretAll([outcome], OK)).toEqual({ meanings: [outcome], pings: 0 });
  },
);

test('without the time for a ping, nothing is known', async () => {
  const interpreted = await interpretAll(['ambiguous', 'alias_unsupported'], OK, undefined, START - 1);
  expect(interpreted).toEqual({ meanings: [undefined, undefined], pings: 0 });
});
