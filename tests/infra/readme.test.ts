import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { settings } from '../../lib/config/settings.ts';
import { REASONS } from '../../lib/dead-letters/reasons.ts';
import { reactions } from '../../lib/delivery/reactions.ts';
import { emittedMetrics } from './emitted-metrics.ts';

const lines = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').split('\n');

const rows = Object.entries(settings).map(([name, setting]) => {
  const fallback = 'fallback' in setting ? setting.fallback && `\`${setting.fallback}\`` : 'must be set';
  return { name, row: `| \`${name}\` | ${fallback || 'none'} | ${setting.about} |` };
});

test.each(rows)('the README describes $name as the code does', ({ row }) => {
  expect(lines).toContain(row);
});

test.each(Object.entries(reactions))(
  'the README says what an answer leads to: %s',
  (_, { answers, seen }) => {
    expect(lines).toContain(`| ${answers} | ${seen} |`);
  },
);

test.each(REASONS)('the README says of dead letters with the reason %s what to do', (reason) => {
  expect(lines.filter((line) => line.startsWith(`| \`${reason}\` |`))).toHaveLength(1);
});

test('the README says how many metrics there can be', () => {
  expect(lines.join(' ')).toContain(`one that has had every trouble there is writes ${emittedMetrics.size}.`);
});
