import { expect, test } from '@jest/globals';
import { createCollector } from '../../../../lib/local/console/collector.ts';
import type { Snapshot } from '../../../../lib/local/console/protocol.ts';
import { streamSnapshots } from '../../../../lib/local/console/snapshot-stream.ts';
import { OK, START } from '../../../support/delivery.ts';
import { DEFAULT_MAPPING } from '../../../support/mapping-settings.ts';
import { createVirtualTime } from '../../../support/virtual-time.ts';

const counts = {
  accepted: 0,
  skipped: 0,
  queued: 0,
  inFlight: 0,
  delivered: 0,
  deadLettered: 0,
  requests: 0,
  throttled: 0,
};

/** What the page is sent in ten seconds, at these of which an event is accepted, and delivered by one request. */
async function stream(eventsAt: readonly number[]) {
  const time = createVirtualTime(START);
  const quota = { requests: 900, lanes: 2 };
  const collector = createCollector({ now: time.now, mapping: DEFAULT_MAPPING, quota });
  for (const second of eventsAt) {
    time.schedule(second * 1_000, () => {
      collector.rates.count('accepted');
      collector.requests.start(0, '/v1/batch', '[]')(OK);
      collector.requests.complete(0, { outcome: 'delivered' });
    });
  }
  const sources = {
    collector,
    state: async () => counts,
    laneStatuses: () => [],
    crm: undefined,
    faults: () => [],
    clock: time,
  };
  const stop = new AbortController();
  const snapshots: Snapshot[] = [];
  const reading = (async () => {
    for await (const message of streamSnapshots(sources, stop.signal)) {
      snapshots.push(JSON.parse(message.replace(/^data: (.*)\n\n$/, '$1')));
    }
  })();
  await time.run(START + 9_999);
  stop.abort();
  await reading;
  return { snapshots, sentAt: snapshots.map(({ now }) => (now - START) / 1_000) };
}

test('while nothing changes, the page hears once a second that the relay is there', async () => {
  expect((await stream([])).sentAt).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('what changes all the time, the page hears four times a second', async () => {
  const { sentAt } = await stream(Array.from({ length: 100 }, (_, index) => index / 10));
  expect(sentAt).toHaveLength(40);
  expect(sentAt.slice(0, 5)).toEqual([0, 0.25, 0.5, 0.75, 1]);
});

test('the page is told each request once, and the events of a second as long as they become more', async () => {
  const { snapshots } = await stream([0.1, 0.3, 0.3]);
  expect(snapshots.flatMap(({ requests }) => requests.map(({ number }) => number))).toEqual([1, 2, 3]);
  expect(snapshots.slice(0, 3).map(({ rates }) => rates.map(({ accepted }) => accepted))).toEqual([
    [],
    [1],
    [3],
  ]);
});
