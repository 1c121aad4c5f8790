import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const repository = resolve(import.meta.dirname, '../..');
const guide = readFileSync(join(repository, 'CONTRIBUTING.md'), 'utf8');

test('CONTRIBUTING.md is at most 80 lines', () => {
  expect(guide.trimEnd().split('\n').length).toBeLessThanOrEqual(80);
});

test('every file and folder that CONTRIBUTING.md names is there', () => {
  const paths = Array.from(guide.matchAll(/`((?:lib|handlers|tests)\/[\w./-]+)`/g), ([, path = '']) => path);
  expect(paths.length).toBeGreaterThan(40);
  expect(paths.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
});

test('every script that CONTRIBUTING.md names can be run', () => {
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  const names = Array.from(guide.matchAll(/npm run ([\w:]+)/g), ([, name = '']) => name);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(names));
});

test('the linter keeps each room from every room with the same or a larger number', () => {
  const rooms = Array.from(guide.matchAll(/^\| (\d) \| `(\S+)` \|/gm), ([, number, room = '']) => ({
    number: Number(number),
    room,
  }));
  const { overrides } = JSON.parse(readFileSync(join(repository, 'biome.json'), 'utf8'));
  const walls = new Map<string, string[]>(
    overrides.map(({ includes, linter }: Override) => [
      includes[0].replace('/**', ''),
      linter.rules.style?.noRestrictedImports.options.patterns.flatMap(({ group }) => group) ?? [],
    ]),
  );
  const missing = rooms.flatMap(({ number, room }) =>
    rooms
      .filter((other) => other.room !== room && other.number >= number)
      .map((other) => `**/${other.room.replace('lib/', '')}/**`)
      .filter((pattern) => !walls.get(room)?.includes(pattern))
      .map((pattern) => `${room}: ${pattern}`),
  );
  expect(rooms).toHaveLength(14);
  expect(missing).toEqual([]);
});

type Override = {
  includes: [string];
  linter: { rules: { style?: { noRestrictedImports: { options: { patterns: { group: string[] }[] } } } } };
};
