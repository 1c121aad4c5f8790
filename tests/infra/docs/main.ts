import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTemplate } from '../../support/template.ts';
import { packageService } from '../package.ts';
import { flowPictures } from './flow-picture.ts';
import { fillParts } from './markers.ts';
import { readPages, repository } from './pages.ts';
import { renderParts } from './parts.ts';
import { README_SETTINGS, runSamples, SAMPLE_PAGES } from './samples.ts';

/**
 * `npm run docs`: writes into the pages what the code knows and what the commands of the README print, and draws the
 * picture of the flow.
 */
const directory = mkdtempSync(join(tmpdir(), 'relay-docs-'));
try {
  const { documents } = await packageService(directory, 'prod', {});
  const template = parseTemplate(documents.get('cloudformation-template-update-stack.json') ?? '');
  const parts = await renderParts(template);
  for (const [path, picture] of flowPictures) writeFileSync(join(repository, path), picture);
  for (const { path, text } of readPages()) {
    const filled = fillParts(text, parts);
    const page = SAMPLE_PAGES.includes(path) ? await runSamples(filled, README_SETTINGS) : filled;
    writeFileSync(join(repository, path), page);
  }
} finally {
  rmSync(directory, { recursive: true });
}
