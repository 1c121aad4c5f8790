import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { settings } from '../../lib/settings.ts';

const lines = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').split('\n');

const rows = Object.entries(settings).map(([name, setting]) => {
  const fallback = 'fallback' in setting ? setting.fallback && `\`${setting.fallback}\`` : 'must be set';
  return { name, row: `| \`${name}\` | ${fallback || 'none'} | ${setting.about} |` };
});

test.each(rows)('the README describes $name as the code does', ({ row }) => {
  expect(lines).toContain(row);
});
