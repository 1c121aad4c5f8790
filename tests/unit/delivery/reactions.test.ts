import { expect, test } from '@jest/globals';
import { type Reaction, reactions } from '../../../lib/delivery/reactions.ts';
import type { Outcome } from '../../../lib/salesmachine/outcome.ts';

/** What the documentation promises of each kind of failure: the dead letter's reason and when, and a pause's cause. */
test.each<[Outcome, Reaction['verdict'], Reaction['reason'], Reaction['givenUp'], Reaction['pauseCause']]>([
  ['ambiguous', 'refused', 'rejected', 'at_once', 'credential'],
  ['rejected', 'refused', 'rejected', 'at_once', 'configuration'],
  ['too_large', 'refused', 'too_large', 'at_once', 'configuration'],
  ['alias_unsupported', 'refused', 'alias_unsupported', 'at_once', 'configuration'],
  ['credential', 'failed', 'rejected', 'after_tries', 'credential'],
  ['configuration', 'failed', 'rejected', 'after_tries', 'configuration'],
  ['conflict', 'failed', 'rejected', 'after_tries', 'outage'],
  ['transient', 'failed', 'server_error', 'at_max_age', 'outage'],
  ['possibly_applied', 'failed', 'server_error', 'at_max_age', 'outage'],
])(
  '%s is %s: the dead letter is %s, given up %s; if nothing passes, the cause is %s',
  (outcome, verdict, reason, givenUp, pauseCause) => {
    expect(reactions[outcome]).toMatchObject({ verdict, reason, givenUp, pauseCause });
  },
);

test('only a 400 and a 404 to an alias need a ping, the latter twice', () => {
  const pings = Object.entries(reactions).flatMap(([outcome, { ping }]) => (ping ? [[outcome, ping]] : []));
  expect(pings).toEqual([
    ['ambiguous', 'once'],
    ['alias_unsupported', 'twice'],
  ]);
});

test('where half of a batch passes, the other half is to blame, but for a size or an alias', () => {
  const failures = Object.entries(reactions).filter(([, { verdict }]) => /^(refused|failed)$/.test(verdict));
  expect(failures.filter(([, { inferable }]) => !inferable).map(([outcome]) => outcome)).toEqual([
    'too_large',
    'alias_unsupported',
  ]);
});
