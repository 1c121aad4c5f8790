import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const repository = resolve(import.meta.dirname, '../../..');

export type Page = {
  /** Relative to the repository. */
  path: string;
  text: string;
};

export const readPage = (path: string): Page => ({
  path,
  text: readFileSync(join(repository, path), 'utf8'),
});

const isMarkdown = (name: string) => name.endsWith('.md');

/** What is written for the users of the relay. */
export const readPages = (): Page[] =>
  [
    ...readdirSync(repository).filter(isMarkdown),
    ...readdirSync(join(repository, 'docs'))
      .filter(isMarkdown)
      .map((name) => join('docs', name)),
  ].map(readPage);
