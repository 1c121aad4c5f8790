import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { outageDelaySeconds, retryDelaySeconds } from '../../lib/delivery/backoff.ts';

const lines = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').split('\n');
const least = () => 0;
const most = () => 1;
const MINUTE_MS = 60_000;

test.each([1, 2, 3, 6, 10])('the README tells how long messages stay away after %d failures', (failures) => {
  const named = failures === 1 ? '1 failure' : `${failures} failures`;
  expect(lines).toContain(
    `| after ${named} | in ${retryDelaySeconds(failures, least)} to ${retryDelaySeconds(failures, most)} s |`,
  );
});

test.each([
  { minutes: 1, named: '1 minute of waiting' },
  { minutes: 30, named: '30 minutes of waiting' },
  { minutes: 60, named: 'an hour or more' },
])('the README tells how long messages stay away from a closed API after $named', ({ minutes, named }) => {
  const range = [least, most].map((random) => outageDelaySeconds(minutes * MINUTE_MS, random));
  expect(lines).toContain(`| API closed, after ${named} | in ${range.join(' to ')} s |`);
});
