import type { Environment } from '../../config/config.ts';
import { readStageFile } from './stage-file.ts';
import { planStage, type StagePlan } from './stage-plan.ts';

/** A stage as its file and the environment describe it. */
export type StageTarget = Pick<StagePlan, 'stage' | 'region' | 'settings'> & {
  kmsKeyArn?: string | undefined;
};

/**
 * The stage that a command speaks to: its region is that of its file, found under the working directory.
 *
 * @throws CommandError
 */
export async function readStageTarget(
  { stage, region }: { stage: string; region?: string },
  env: Environment,
): Promise<StageTarget> {
  const file = await readStageFile(process.cwd(), stage);
  const plan = planStage({ stage, region, params: [], file, env });
  const { kmsKeyArn } = plan.deployment;
  return {
    stage,
    region: plan.region,
    settings: plan.settings,
    kmsKeyArn: typeof kmsKeyArn === 'string' && kmsKeyArn !== '' ? kmsKeyArn : undefined,
  };
}
