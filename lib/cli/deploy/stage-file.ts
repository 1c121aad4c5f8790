import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { parse, YAMLParseError } from 'yaml';
import { isSettingName, SETTING_NAMES, type SettingName } from '../../config/settings.ts';
import { CommandError } from '../cli-errors.ts';
import { isSecretName } from '../secrets/stage-secrets.ts';
import { type DeploymentOptionName, isDeploymentOption } from './deployment-options.ts';

/** These are known to the deployment itself. */
const GIVEN_NAMES: readonly SettingName[] = ['QUEUE_URL', 'DEAD_LETTER_QUEUE_URL', 'METRICS_NAMESPACE'];

/** The settings that a stage's file can hold. */
export const stageSettingNames: readonly SettingName[] = SETTING_NAMES.filter(
  (name) => !isSecretName(name) && !GIVEN_NAMES.includes(name),
);

/** What a stage's file says; what it leaves out, or leaves empty, is missing. */
export type StageFile = {
  settings: Partial<Record<SettingName, string>>;
  deployment: Partial<Record<DeploymentOptionName, unknown>>;
};

const scalarSchema = v.union([v.string(), v.number(), v.boolean()]);
const sectionSchema = v.nullish(v.record(v.string(), v.unknown(), 'must be a list of names and values'), {});
/** Not an empty file: osls takes none. */
const fileSchema = v.strictObject({ settings: sectionSchema, deployment: sectionSchema }, (issue) =>
  issue.expected === 'never'
    ? `knows only the sections settings and deployment, not ${issue.path?.at(-1)?.key}`
    : 'must have the section settings or deployment: the line "deployment:" suffices',
);

export const stageFilePath = (stage: string): string => join('stages', `${stage}.yml`);

/**
 * Reads `stages/STAGE.yml` under `directory`; undefined if there is none.
 *
 * @throws CommandError that names every problem of the file, and quotes no value
 */
export async function readStageFile(directory: string, stage: string): Promise<StageFile | undefined> {
  // Not a name that a stage can have, nor one that leads elsewhere.
  if (!/^[\w-]+$/.test(stage)) return undefined;
  const path = stageFilePath(stage);
  const text = await readFile(join(directory, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : parseStageFile(text, path);
}

/** The stages that have a file under `directory`. */
export async function listStages(directory: string): Promise<string[]> {
  const files = await readdir(join(directory, 'stages'));
  return files
    .filter((file) => file.endsWith('.yml') && file !== 'example.yml')
    .map((file) => file.slice(0, -'.yml'.length))
    .toSorted();
}

/** @throws CommandError */
export function parseStageFile(text: string, path: string): StageFile {
  const { settings: given, deployment } = parseSections(text, path);
  const problems: string[] = [];
  const file: StageFile = { settings: {}, deployment: {} };
  for (const [name, value] of Object.entries(given)) {
    if (value === null) continue;
    const problem = findSettingProblem(name, value);
    if (problem !== undefined) problems.push(problem);
    else if (isSettingName(name)) file.settings[name] = String(value);
  }
  for (const [name, value] of Object.entries(deployment)) {
    if (!isDeploymentOption(name)) problems.push(`deployment has no option ${name}`);
    else if (value !== null) file.deployment[name] = value;
  }
  if (problems.length > 0) throw new CommandError(`${path}: ${problems.join('; ')}`);
  return file;
}

function parseSections(text: string, path: string) {
  try {
    return v.parse(fileSchema, parse(text));
  } catch (error) {
    if (error instanceof YAMLParseError) {
      throw new CommandError(`${path} is not YAML: line ${error.linePos?.[0].line}`);
    }
    if (error instanceof v.ValiError) throw new CommandError(`${path} ${error.message}`);
    throw error;
  }
}

function findSettingProblem(name: string, value: unknown): string | undefined {
  const isScalar = v.is(scalarSchema, value);
  return findNameProblem(name) ?? (isScalar ? undefined : `${name} must be a text or a number`);
}

function findNameProblem(name: string): string | undefined {
  if (isSecretName(name)) {
    return `${name} is a secret: remove it, change it where it was made, and store it with relay secrets put`;
  }
  if (stageSettingNames.some((each) => each === name)) return undefined;
  return isSettingName(name) ? `${name} is known to the deployment` : `there is no setting ${name}`;
}
