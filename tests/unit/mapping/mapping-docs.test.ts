import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readMappingSettings } from '../../../lib/config/config.ts';
import { flatten } from '../../../lib/mapping/flatten.ts';
import { mapEvent } from '../../../lib/mapping/map-event.ts';
import { SKIP_CAUSES } from '../../../lib/mapping/skip-cause.ts';
import { isoTimestamp } from '../../../lib/mapping/timestamp.ts';
import { isPlaceholderId } from '../../../lib/segment/id.ts';

const docs = readFileSync(new URL('../../../docs/mapping.md', import.meta.url), 'utf8');

/** The texts in backticks between two phrases. */
function listBetween(start: string, end: string): string[] {
  const prose = docs.replace(/\n\s*/g, ' ');
  const from = prose.indexOf(start) + start.length;
  return Array.from(
    prose.slice(from, prose.indexOf(end, from)).matchAll(/`([^`]+)`/g),
    ([, text = '']) => text,
  );
}

const tableRows = (header: string): string[][] => {
  const [table = ''] = docs.slice(docs.indexOf(header)).split('\n\n');
  return table
    .split('\n')
    .slice(2)
    .map((row) => row.slice(2, -2).split(' | '));
};

const examples = Array.from(
  docs.matchAll(/(?:```sh settings\n(.*?)```\n)?```json event\n(.*?)```\n```json operations\n(.*?)```/gs),
  ([, settings = '', event = '', operations = '']) => ({
    settings,
    event: event.trim(),
    operations: operations.trim(),
  }),
);

describe('docs/mapping.md', () => {
  test.each(examples)('$event becomes what is written below it', ({ settings, event, operations }) => {
    const env = Object.fromEntries(
      settings.split('\n').flatMap((line) => {
        const [name, value] = line.split('=');
        return name && value ? [[name, value]] : [];
      }),
    );
    const mapped = mapEvent(JSON.parse(event), readMappingSettings(env));
    const lines = mapped.kind === 'operations' ? mapped.operations.map((each) => JSON.stringify(each)) : [];
    expect(lines.join('\n')).toBe(operations);
  });

  test('has an example of every call, and none that is not run', () => {
    const types = new Set(examples.map(({ event }) => JSON.parse(event).type));
    expect(types).toEqual(new Set(['identify', 'track', 'page', 'screen', 'group', 'alias']));
    expect(docs.match(/```json event/g)).toHaveLength(examples.length);
  });

  test('reads dates as it says', () => {
    const rows = tableRows('| written as | read as |');
    expect(rows.length).toBeGreaterThan(10);
    for (const [written = '', read] of rows) expect(`\`${isoTimestamp(written.slice(1, -1))}\``).toBe(read);
  });

  test('lists every cause for which an event is skipped', () => {
    expect(tableRows('| cause | what |').map(([cause]) => cause)).toEqual(
      SKIP_CAUSES.map((cause) => `\`${cause}\``),
    );
  });

  test('names placeholders that are none', () => {
    const placeholders = listBetween('in the place of an id is none:', 'and their like');
    expect(placeholders.length).toBeGreaterThan(5);
    expect(placeholders.filter((text) => !isPlaceholderId(text))).toEqual([]);
  });

  test('names reserved attributes, which no joined key takes', () => {
    const names = listBetween('nor a reserved one (', ')');
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      const [parent = '', ...rest] = name.split('_');
      const nested = rest.length > 0 ? { [parent]: { [rest.join('_')]: 1 } } : { [name]: 1 };
      const moved = rest.length > 0 ? `${name}_2` : name;
      expect(flatten(nested)).toEqual({ [moved]: 1 });
    }
  });
});
