import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readPage, readPages, repository } from './pages.ts';

const MAX_LINES = 250;
const MAX_README_LINES = 150;

const pages = readPages();

/** A page without its blocks of code. */
const proseOf = (text: string) => text.replace(/^```.*?^```$/gms, '');

const linksOf = (text: string): string[] => [
  ...Array.from(proseOf(text).matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target),
  ...Array.from(text.matchAll(/(?:src|srcset)="([^"]+)"/g), ([, target = '']) => target),
];

/** The anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (text: string): string[] =>
  Array.from(proseOf(text).matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );

function isBroken(path: string, text: string, link: string): boolean {
  if (/^https?:/.test(link)) return false;
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? path : join(dirname(path), file);
  if (!existsSync(join(repository, target))) return true;
  const page = target === path ? text : target.endsWith('.md') ? readPage(target).text : '';
  return anchor !== undefined && !anchorsOf(page).includes(anchor);
}

test.each(pages)('every link of $path leads somewhere', ({ path, text }) => {
  expect(linksOf(text).filter((link) => isBroken(path, text, link))).toEqual([]);
});

test('the README links every page', () => {
  const linked = linksOf(readPage('README.md').text);
  const others = pages.map(({ path }) => path).filter((path) => path !== 'README.md');
  expect(others.filter((path) => !linked.includes(path))).toEqual([]);
});

test.each(pages)('$path is short enough to be read', ({ path, text }) => {
  const max = path === 'README.md' ? MAX_README_LINES : MAX_LINES;
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(max);
});
