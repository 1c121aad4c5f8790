import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { settings } from '../../lib/config/settings.ts';
import { REASONS } from '../../lib/dead-letters/reasons.ts';
import { type Outcome, toOutcome } from '../../lib/salesmachine/outcome.ts';
import { emittedMetrics } from './emitted-metrics.ts';

const lines = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').split('\n');

const rows = Object.entries(settings).map(([name, setting]) => {
  const fallback = 'fallback' in setting ? setting.fallback && `\`${setting.fallback}\`` : 'must be set';
  return { name, row: `| \`${name}\` | ${fallback || 'none'} | ${setting.about} |` };
});

test.each(rows)('the README describes $name as the code does', ({ row }) => {
  expect(lines).toContain(row);
});

/** What the README calls the outcomes of an answer. */
const meanings: Record<Exclude<Outcome, 'uncertain'>, string> = {
  delivered: 'delivered, unless it is an HTML page',
  ambiguous: 'bad data or a bad credential: `/v1/ping` tells which',
  credential: 'the credential is wrong',
  configuration: 'the URL or the plan is wrong',
  unsupported: 'Salesmachine does not know the call',
  too_big: 'too big',
  rejected: 'the data is refused',
  throttled: 'over the quota',
  transient: 'trouble that passes',
};

describe("the README's table of Salesmachine's answers", () => {
  const from = lines.indexOf('What Salesmachine answers:');
  const rows = lines
    .slice(from + 4, lines.indexOf('', from + 2))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, statuses = '', meaning]) => ({ statuses, meaning }));

  const rowsOf = (name: string) =>
    rows.filter(({ statuses }) => statuses.split(/, | /).includes(name) && !statuses.includes('alias'));
  const meaningOf = (status: number) =>
    (rowsOf(String(status))[0] ?? rowsOf(`${Math.floor(status / 100)}xx`)[0])?.meaning;
  const answered = (status: number) => ({ kind: 'response', status, headers: {}, body: '' }) as const;
  const outcomes = new Map<string, string>(Object.entries(meanings));

  test('tells of every status what the code makes of it', () => {
    const told = [200, 201, 202, 204, ...Array.from({ length: 300 }, (_, index) => 300 + index)];
    for (const status of told) {
      const outcome = toOutcome('/v1/batch', answered(status));
      expect([status, meaningOf(status)]).toEqual([status, outcomes.get(outcome)]);
    }
  });

  test('tells of an alias that is not known', () => {
    const alias = rows.find(({ statuses }) => statuses.endsWith('to an alias'));
    expect(alias?.meaning).toBe(meanings.unsupported);
    for (const status of alias?.statuses.match(/\d+/g) ?? [])
      expect(toOutcome('/v1/alias', answered(Number(status)))).toBe('unsupported');
  });
});

test.each(REASONS)('the README says of dead letters with the reason %s what to do', (reason) => {
  expect(lines.filter((line) => line.startsWith(`| \`${reason}\` |`))).toHaveLength(1);
});

test('the README says how many metrics there can be', () => {
  expect(lines.join(' ')).toContain(`one that has had every trouble there is writes ${emittedMetrics.size}.`);
});
