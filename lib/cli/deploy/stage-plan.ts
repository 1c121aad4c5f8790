import * as v from 'valibot';
import type { Environment } from '../../config/config.ts';
import { settings } from '../../config/settings.ts';
import { CommandError } from '../cli-errors.ts';
import { FUNCTIONS, stackName } from '../stage/stage-clients.ts';
import { chooseRegion } from '../stage/stage-target.ts';
import { deploymentOptionNames, deploymentOptions } from './deployment-options.ts';
import { type StageFile, stageFilePath, stageSettingNames } from './stage-file.ts';

/** What is to be deployed, checked. */
export type StagePlan = StageFile & {
  stage: string;
  region: string;
  /** For the operator to see before it is deployed: where a value is not the file's, one line each. */
  notes: string[];
};

export type PlanInput = {
  stage: string;
  region?: string | undefined;
  /** `name=value`, as osls takes them. */
  params: readonly string[];
  /** Undefined where the stage has none. */
  file: StageFile | undefined;
  env: Environment;
};

/** The longest name of a Lambda function. Source: `CreateFunction` in its API reference. */
const MAX_FUNCTION_NAME = 64;

export const MAX_STAGE_LENGTH =
  MAX_FUNCTION_NAME - stackName('').length - Math.max(...FUNCTIONS.map((name) => `-${name}`.length));

/**
 * What a stage's file, the environment and the command line say together: the command line wins over the environment,
 * and that over the file, as in serverless.yml.
 *
 * @throws CommandError that names every problem, and quotes no setting's value
 */
export function planStage({ stage, region, params, file, env }: PlanInput): StagePlan {
  const plan: StagePlan = {
    stage,
    region: chooseRegion(region, file?.deployment.region, env),
    settings: { ...file?.settings },
    deployment: { ...file?.deployment },
    notes: file === undefined ? [`There is no ${stageFilePath(stage)}: the stage has the defaults.`] : [],
  };

  for (const { name, value, source } of [...readVariables(env), ...params.map(parseParam)]) {
    if (applyOverride(plan, name, value)) {
      plan.notes.push(`${name} comes from ${source}: a deployment without it changes it back.`);
    }
  }
  const problems = findProblems(plan);
  if (problems.length === 0) return plan;
  throw new CommandError(`the stage ${stage} cannot be deployed: ${problems.join('; ')}`);
}

type Override = { name: string; value: string; source: 'the environment' | '--param' };

/** What the environment overrides. An empty variable counts as not set. */
function readVariables(env: Environment): Override[] {
  const variables = [
    ...stageSettingNames.map((name): [name: string, variable: string] => [name, name]),
    ...deploymentOptionNames.flatMap((name): [name: string, variable: string][] => {
      const option = deploymentOptions[name];
      return 'variable' in option ? [[name, option.variable]] : [];
    }),
  ];
  return variables.flatMap(([name, variable]) => {
    const value = env[variable]?.trim();
    return value ? [{ name, value, source: 'the environment' as const }] : [];
  });
}

/** @throws CommandError for a parameter that serverless.yml does not have */
function parseParam(param: string): Override {
  const [name = '', value = ''] = param.split(/=(.*)/s);
  if (name === 'lanes') return { name: 'LANES', value, source: '--param' };
  if (deploymentOptionNames.some((option) => option === name)) return { name, value, source: '--param' };
  throw new CommandError(
    `there is no --param ${name}: use one of ${deploymentOptionNames.join(', ')}, lanes`,
  );
}

/** Whether that changes the plan. */
function applyOverride(plan: StagePlan, name: string, text: string): boolean {
  const setting = stageSettingNames.find((each) => each === name);
  if (setting !== undefined) {
    const isChange = plan.settings[setting] !== text;
    plan.settings[setting] = text;
    return isChange;
  }
  const option = deploymentOptionNames.find((each) => each === name);
  if (option === undefined || String(plan.deployment[option]) === text) return false;
  plan.deployment[option] = toYamlValue(text);
  return true;
}

/** A text from outside of YAML, as YAML would have read it. */
function toYamlValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? Number(text) : text;
}

function findProblems({ stage, region, settings: values, deployment }: StagePlan): string[] {
  const find = (name: string, schema: v.GenericSchema, value: unknown): string[] => {
    const result = value === undefined ? undefined : v.safeParse(schema, value);
    return result === undefined || result.success ? [] : [`${name} ${result.issues[0].message}`];
  };
  return [
    ...findStageProblems(stage),
    ...find('the region', deploymentOptions.region.schema, region),
    ...stageSettingNames.flatMap((name) => find(name, settings[name].schema, values[name])),
    ...deploymentOptionNames
      .filter((name) => name !== 'region')
      .flatMap((name) => find(name, deploymentOptions[name].schema, deployment[name])),
  ];
}

function findStageProblems(stage: string): string[] {
  if (!/^[a-zA-Z0-9-]+$/.test(stage)) return ["a stage's name is made of letters, digits and hyphens"];
  return stage.length <= MAX_STAGE_LENGTH
    ? []
    : [
        `the stage's name has ${stage.length} characters, and only ${MAX_STAGE_LENGTH} fit into a function's name`,
      ];
}
