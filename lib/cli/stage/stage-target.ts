import type { Environment } from '../../config/config.ts';
import { CommandError } from '../cli-errors.ts';
import { readStageFile } from '../deploy/stage-file.ts';

/** A stage as a command speaks to it. */
export type StageTarget = {
  stage: string;
  region: string;
  /** The key that the stage's secrets are encrypted with, where it is not AWS's own. */
  kmsKeyArn: string | undefined;
};

export const DEFAULT_REGION = 'us-east-1';

/** A stage's region: what was asked for, else that of its file, else the shell's, as in serverless.yml. */
export const chooseRegion = (asked: string | undefined, ofFile: unknown, env: Environment): string =>
  asked ?? (typeof ofFile === 'string' ? ofFile : undefined) ?? env['AWS_REGION'] ?? DEFAULT_REGION;

/** @throws CommandError for a name that no stage can have */
export function checkStageName(stage: string): void {
  if (!/^[\w-]+$/.test(stage)) throw new CommandError('a stage is made of letters, digits, - and _');
}

/** The region of a stage that has a file under the working directory: where npm run deploy puts it. */
export async function readStageRegion(stage: string, env: Environment): Promise<string | undefined> {
  const file = await readStageFile(process.cwd(), stage);
  return file && chooseRegion(undefined, file.deployment.region, env);
}

/**
 * The stage that a command speaks to; its file is looked for under the working directory.
 *
 * @throws CommandError for a name that no stage can have, or a file that cannot be read
 */
export async function readStageTarget(
  { stage, region }: { stage: string; region?: string | undefined },
  env: Environment,
): Promise<StageTarget> {
  checkStageName(stage);
  const { deployment = {} } = (await readStageFile(process.cwd(), stage)) ?? {};
  const { kmsKeyArn } = deployment;
  return {
    stage,
    region: chooseRegion(region, deployment.region, env),
    kmsKeyArn: typeof kmsKeyArn === 'string' && kmsKeyArn !== '' ? kmsKeyArn : undefined,
  };
}
