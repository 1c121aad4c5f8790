import { expect, test } from '@jest/globals';
import { patientClock } from '../../support/patient-clock.ts';
import { runRelayProgram } from '../../support/relay-program.ts';

test('a bug is shown with its stack, a line for each call, and the exit code is 1', async () => {
  const clock = {
    ...patientClock,
    now() {
      throw new TypeError('a bug');
    },
  };
  const { stderr, code } = await runRelayProgram(['logs'], {}, { clock });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^TypeError: a bug\n {4}at .*\n {4}at /);
});
