import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../cli-errors.ts';
import { findLackingSecrets } from '../secrets/stage-secrets.ts';
import type { DeploymentAws } from './deployment-aws.ts';
import { findLoweredProtections, type Stack } from './protection.ts';
import { parseStackTemplate } from './stack-template.ts';
import type { StagePlan } from './stage-plan.ts';
import { listChanges } from './template-changes.ts';

export type DeployPorts = {
  aws: DeploymentAws;
  print: (line: string) => void;
  /** Whether the operator agrees; undefined where there is no terminal to ask at. */
  confirm: ((question: string) => Promise<boolean>) | undefined;
  /** Writes the package of the plan to `.serverless/` under the working directory. */
  packageStage: () => Promise<void>;
  /** Deploys that package. */
  deployPackage: () => Promise<void>;
};

export type DeployOptions = {
  plan: StagePlan;
  /** The directory of serverless.yml. */
  directory: string;
  /** Whether a lower protection is meant. */
  isConfirmed: boolean;
};

/** More changes than this are only counted. */
const MAX_CHANGES_SHOWN = 40;

/**
 * Deploys a stage: checks its secrets, packages it, shows what changes, asks where a protection is lowered, deploys.
 *
 * @throws CommandError where it must not be deployed
 */
export async function deployStage(
  { plan, directory, isConfirmed }: DeployOptions,
  ports: DeployPorts,
): Promise<void> {
  const { aws, print } = ports;
  const { stage, region } = plan;
  await checkSecrets(plan, aws);
  const before = await aws.fetchStack();
  await ports.packageStage();
  const after: Stack = {
    template: parseStackTemplate(
      await readFile(join(directory, '.serverless/cloudformation-template-update-stack.json'), 'utf8'),
    ),
    terminationProtection: plan.deployment.terminationProtection === true,
  };
  if (before === undefined) print(`The stage ${stage} is new in ${region}.`);
  else {
    for (const line of formatChanges(before, after)) print(line);
    await confirmLowered(findLoweredProtections(before, after), { stage, isConfirmed }, ports);
  }

  await ports.deployPackage();
  if (after.terminationProtection !== (before?.terminationProtection ?? false)) {
    await aws.setTerminationProtection(after.terminationProtection);
  }
  const outputs = await aws.fetchOutputs();
  print(`WebhookUrl: ${outputs?.['WebhookUrl'] ?? 'unknown: the stack has no such output'}`);
}

async function checkSecrets({ stage, region, settings }: StagePlan, aws: DeploymentAws): Promise<void> {
  const lacking = findLackingSecrets(settings, await aws.findMissingSecrets());
  if (lacking === undefined) return;
  throw new CommandError(
    `SSM in ${region} has no ${lacking} of the stage ${stage}: npm run relay -- secrets put --stage ${stage} --region ${region}`,
  );
}

function formatChanges(before: Stack, after: Stack): string[] {
  const changes = listChanges(before.template, after.template);
  if (changes.length === 0) return ['Nothing changes but the code.'];
  const shown = changes.slice(0, MAX_CHANGES_SHOWN).map((line) => `  ${line}`);
  const rest = changes.length - shown.length;
  return ['This changes:', ...shown, ...(rest > 0 ? [`  and ${rest} more`] : [])];
}

async function confirmLowered(
  lowered: readonly string[],
  { stage, isConfirmed }: { stage: string; isConfirmed: boolean },
  { print, confirm }: DeployPorts,
): Promise<void> {
  if (lowered.length === 0) return;
  print('This lowers a protection of the deployed stage:');
  for (const line of lowered) print(`  ${line}`);
  if (isConfirmed || (await confirm?.(`Deploy ${stage} all the same?`))) return;
  throw new CommandError(
    `nothing was deployed: the deployment would lower a protection (${lowered.join('; ')}). Set it in stages/${stage}.yml, or say --yes`,
  );
}
