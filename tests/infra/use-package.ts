import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { parseTemplate, type Template } from '../support/template.ts';
import { type Package, packageService } from './package.ts';

/** A package of the service, and the template in it. */
export type Packaged = Package & { template: Template };

/**
 * Packages the service before the tests of a file, gives it to `use`, and removes it after them.
 *
 * @param stageFile what `stages/STAGE.yml` holds, instead of the repository's
 */
export function usePackage(
  stage: string,
  settings: Record<string, string>,
  use: (packaged: Packaged) => void | Promise<void>,
  stageFile?: string,
): void {
  const directory = mkdtempSync(join(tmpdir(), 'relay-package-'));

  beforeAll(async () => {
    const packaged = await packageService(directory, stage, settings, stageFile);
    const json = packaged.documents.get('cloudformation-template-update-stack.json') ?? '';
    await use({ ...packaged, template: parseTemplate(json) });
  });

  afterAll(() => rmSync(directory, { recursive: true }));
}
