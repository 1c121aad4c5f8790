import { expect, test } from '@jest/globals';
import { createLanes } from '../../../../lib/local/console/lanes.ts';

test('a lane retries while it holds events and its last request has failed', () => {
  const lanes = createLanes(2);
  const isRetrying = () => lanes.rows(() => [], []).map(({ held, retrying }) => [held, retrying]);
  lanes.enter(1, 'a');
  lanes.enter(1, 'b');
  expect(isRetrying()).toEqual([
    [0, false],
    [2, false],
  ]);
  lanes.noteAnswer(1, false);
  lanes.leave('a');
  expect(isRetrying()[1]).toEqual([1, true]);
  lanes.noteAnswer(1, true);
  expect(isRetrying()[1]).toEqual([1, false]);
  lanes.noteAnswer(1, false);
  lanes.clear(1);
  expect(isRetrying()[1]).toEqual([0, false]);
});

test('an event is held by the lane that received it last', () => {
  const lanes = createLanes(2);
  lanes.enter(0, 'a');
  lanes.enter(1, 'a');
  lanes.clear(0);
  expect(lanes.rows(() => [], []).map(({ held }) => held)).toEqual([0, 1]);
});
