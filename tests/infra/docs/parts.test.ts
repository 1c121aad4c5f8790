import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { settings } from '../../../lib/config/settings.ts';
import { reactions } from '../../../lib/delivery/reactions.ts';
import { toOutcome } from '../../../lib/salesmachine/outcome.ts';
import { emittedMetrics } from '../emitted-metrics.ts';
import { usePackage } from '../use-package.ts';
import { flowPictures } from './flow-picture.ts';
import { fillParts, generatedParts } from './markers.ts';
import { readPage, readPages, repository } from './pages.ts';
import { renderParts, settingGroups } from './parts.ts';

const pages = readPages();
let parts: Map<string, string>;

usePackage('prod', {}, async ({ template }) => {
  parts = await renderParts(template);
});

describe('what npm run docs generates', () => {
  test.each(pages)('is up to date in $path', ({ text }) => {
    expect(fillParts(text, parts)).toBe(text);
  });

  test('is shown, each part on one page', () => {
    const shown = pages.flatMap(({ text }) => generatedParts(text));
    expect(shown.toSorted()).toEqual([...parts.keys()].toSorted());
  });

  test.each([...flowPictures])('is up to date in %s', (path, picture) => {
    expect(readFileSync(join(repository, path), 'utf8')).toBe(picture);
  });
});

test('the docs describe every setting once', () => {
  expect(Object.values(settingGroups).flat().toSorted()).toEqual(Object.keys(settings).toSorted());
});

test('docs/operations.md says how many metrics there can be', () => {
  const { text } = readPage('docs/operations.md');
  expect(text.replaceAll('\n', ' ')).toContain(
    `with every kind of failure it writes up to ${emittedMetrics.size}.`,
  );
});

describe("the table of Salesmachine's answers", () => {
  const { alias_unsupported: alias, ...others } = reactions;
  const namesIn = (answers: string): string[] => answers.match(/\b\dxx\b|\b\d{3}\b/g) ?? [];
  const outcomeOf = (name: string) =>
    Object.entries(others).find(([, { answers }]) => namesIn(answers).includes(name))?.[0];
  const respond = (status: number) => ({ kind: 'response', status, headers: {}, body: '' }) as const;

  test('says of every status what the engine makes of it', () => {
    for (let status = 200; status < 600; status += 1) {
      const told = outcomeOf(`${status}`) ?? outcomeOf(`${Math.floor(status / 100)}xx`);
      expect([status, told]).toEqual([status, toOutcome('/v1/batch', respond(status))]);
    }
  });

  test('says which answers mean that the alias call is not known', () => {
    const statuses = namesIn(alias.answers);
    expect(statuses).not.toEqual([]);
    for (const status of statuses)
      expect(toOutcome('/v1/alias', respond(Number(status)))).toBe('alias_unsupported');
  });
});
