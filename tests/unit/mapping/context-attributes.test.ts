import { expect, test } from '@jest/globals';
import { parseContextPaths, pickContext } from '../../../lib/mapping/context-attributes.ts';
import type { Json } from '../../../lib/runtime/json.ts';

test.each<[string[], string[]]>([
  [
    ['Campaign', 'context.Page.URL', 'locale'],
    ['campaign', 'page.url', 'locale'],
  ],
  [['campaign', 'context.campaign', 'CAMPAIGN'], ['campaign']],
  [['page.url', 'page', 'page.referrer'], ['page']],
  [
    ['page', 'pages.url'],
    ['page', 'pages.url'],
  ],
  [['app.context.name'], ['app.context.name']],
  [[], []],
])('the setting %j means the paths %j', (written, paths) => {
  expect(parseContextPaths(written)).toEqual(paths);
});

const context = {
  Campaign: { Source: 'news', term: null },
  page: { url: 'https://x.test/', title: 'Home' },
  book: { url: 'https://book.test/' },
  locale: 'de',
  ip: null,
  tags: ['a'],
  os: 'web',
};

test.each<[string, [string, Json][]]>([
  ['campaign', [['Campaign', { Source: 'news', term: null }]]],
  ['campaign.source', [['Campaign_Source', 'news']]],
  ['page.url', [['page_url', 'https://x.test/']]],
  ['page_url', [['page_url', 'https://x.test/']]],
  ['locale', [['locale', 'de']]],
  ['ip', []],
  ['campaign.term', []],
  ['campaign.name', []],
  ['page-url', []],
  ['tags.0', []],
  ['os.0', []],
  ['unknown', []],
])('at %s a context holds %j', (path, found) => {
  expect(pickContext(context, [path])).toEqual(found);
});

test('a path leads through whole keys only', () => {
  expect(pickContext({ pag: { '.url': 1, url: 2 } }, ['page.url'])).toEqual([]);
});

test('of several paths each is looked up', () => {
  expect(pickContext(context, ['locale', 'unknown', 'page.title'])).toEqual([
    ['locale', 'de'],
    ['page_title', 'Home'],
  ]);
});
