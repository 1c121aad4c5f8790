import { describe, expect, test } from '@jest/globals';
import { createInterpreter } from '../../../lib/delivery/interpret.ts';
import type { ApiResult } from '../../../lib/salesmachine/client.ts';
import type { Outcome } from '../../../lib/salesmachine/outcome.ts';
import { createLaneParts, createResponse, fakeSalesmachine, OK, START } from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

/** Interprets answers one after the other, where a ping is answered so. */
async function interpretAll(outcomes: Outcome[], ping: ApiResult, isCredentialGood = false) {
  const time = createVirtualTime(START);
  const salesmachine = fakeSalesmachine(time, () => ping);
  const { gate } = createLaneParts({ salesmachine, clock: time, random: () => 0.5, log: recordingLog() });
  const interpret = createInterpreter(gate, START + 10_000, isCredentialGood);
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

  test('without a ping if the credential was good just before', async () => {
    expect(await interpretAll(['ambiguous'], OK, true)).toEqual({ meanings: ['ambiguous'], pings: 0 });
  });

  test('and of the credential if a ping is refused, too', async () => {
    const { meanings } = await interpretAll(['ambiguous'], createResponse(400));
    expect(meanings).toEqual(['credential']);
  });
});

describe('a 404 to an alias is about the call', () => {
  test('if it comes again after a ping has passed', async () => {
    const interpreted = await interpretAll(['alias_unsupported', 'alias_unsupported'], OK);
    expect(interpreted).toEqual({ meanings: [undefined, 'alias_unsupported'], pings: 1 });
  });

  test('though the credential is known to be good', async () => {
    const { meanings } = await interpretAll(['alias_unsupported'], OK, true);
    expect(meanings).toEqual([undefined]);
  });

  test('and of the configuration if a ping fails, too', async () => {
    const { meanings } = await interpretAll(['alias_unsupported'], createResponse(404));
    expect(meanings).toEqual(['configuration']);
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
