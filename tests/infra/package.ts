import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { readZip } from './zip.ts';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '../..');

/** For the environment of osls: what it generates from its schema, which takes two seconds, is kept there. */
export const SCHEMA_CACHE = { SLS_SCHEMA_CACHE_BASE_DIR: join(repository, 'node_modules/.cache') };

export type Package = {
  /** What packaging printed. */
  printed: string;
  /** What osls wrote for CloudFormation and for itself, by file name. */
  documents: Map<string, string>;
  /** The names of the files in each function's archive. */
  contents: Record<string, string[]>;
  /** The copy of the service that was packaged. */
  service: string;
  /** Where the archives are unpacked, out of reach of any node_modules. */
  unpacked: string;
};

/**
 * A copy of the service in `directory`, for osls writes to .serverless/, and that of the repository may be in use.
 *
 * @param stageFile what `stages/STAGE.yml` holds, instead of the repository's
 */
export async function copyService(directory: string, stage: string, stageFile?: string): Promise<string> {
  const service = join(directory, 'service');
  await mkdir(service, { recursive: true });
  await Promise.all([
    ...['handlers', 'lib', 'node_modules'].map((name) =>
      symlink(join(repository, name), join(service, name)),
    ),
    ...['package.json', 'serverless.yml'].map((name) =>
      copyFile(join(repository, name), join(service, name)),
    ),
  ]);
  await cp(join(repository, 'stages'), join(service, 'stages'), { recursive: true });
  if (stageFile !== undefined) await writeFile(join(service, 'stages', `${stage}.yml`), stageFile);
  return service;
}

/** Runs `npm run package` as an operator without an AWS account does, in a copy of the service. */
export async function packageService(
  directory: string,
  stage: string,
  settings: Record<string, string>,
  stageFile?: string,
): Promise<Package> {
  const service = await copyService(directory, stage, stageFile);
  const unpacked = join(directory, 'unpacked');
  const env = { PATH: process.env['PATH'], HOME: directory, ...COMPILE_CACHE, ...SCHEMA_CACHE, ...settings };
  const { stdout, stderr } = await run('npm', ['run', 'package', '--', '--stage', stage], {
    cwd: service,
    env,
  });

  const artefact = (name: string) => join(service, '.serverless', name);
  const names = ['cloudformation-template-update-stack.json', 'serverless-state.json'];
  const documents = new Map<string, string>();
  for (const name of names) documents.set(name, await readFile(artefact(name), 'utf8'));

  const contents: Package['contents'] = {};
  for (const name of ['ingest', 'worker', 'replay']) {
    const files = readZip(await readFile(artefact(`${name}.zip`)));
    contents[name] = [...files.keys()];
    for (const [file, data] of files) {
      await mkdir(dirname(join(unpacked, file)), { recursive: true });
      await writeFile(join(unpacked, file), data);
    }
  }
  return { printed: stdout + stderr, documents, contents, service, unpacked };
}
