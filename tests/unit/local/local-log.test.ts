import { expect, test } from '@jest/globals';
import { createLocalLog } from '../../../lib/local/local-log.ts';

const clock = { now: () => Date.parse('2026-01-02T03:04:05.678Z'), sleep: async () => undefined };

test('a line has the time, the level, the message and the fields, but for ids and those that are not set', () => {
  const lines: string[] = [];
  const log = createLocalLog((line) => lines.push(line), clock);
  log.debug('ping completed', {});
  log.info('events queued', { accepted: 3, cause: undefined, messageIds: ['m1', 'm2'] });
  log.error('worker failed', { error: 'TimeoutError' });
  expect(lines).toEqual([
    '03:04:05.678 info  events queued accepted=3\n',
    '03:04:05.678 error worker failed error=TimeoutError\n',
  ]);
});
