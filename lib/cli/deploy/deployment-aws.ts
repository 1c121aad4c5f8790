import { findMissingSecrets } from '../secrets/stage-parameters.ts';
import type { SecretName } from '../secrets/stage-secrets.ts';
import { describeStack, fetchStackOutputs } from '../stage/stack.ts';
import { stackName } from '../stage/stage-clients.ts';
import type { Stack } from './protection.ts';
import { parseStackTemplate } from './stack-template.ts';

/** What a deployment needs to know of AWS, and does there beside osls. */
export type DeploymentAws = {
  /** The stack as it was deployed last; undefined where there is none. */
  fetchStack(): Promise<Stack | undefined>;
  /** The stack's outputs by name; undefined where there is no stack. */
  fetchOutputs(): Promise<Record<string, string> | undefined>;
  /** The stage's secrets that SSM does not have. */
  findMissingSecrets(): Promise<SecretName[]>;
  setTerminationProtection(enabled: boolean): Promise<void>;
};

export async function connectDeploymentAws({
  stage,
  region,
}: {
  stage: string;
  region: string;
}): Promise<DeploymentAws> {
  const { CloudFormationClient, GetTemplateCommand, UpdateTerminationProtectionCommand } = await import(
    '@aws-sdk/client-cloudformation'
  );
  const cloudFormation = new CloudFormationClient({ region });
  const StackName = stackName(stage);
  return {
    async fetchStack() {
      const stack = await describeStack(stage, region);
      // A stack that was only begun has no template to compare with.
      if (stack === undefined || stack.StackStatus === 'REVIEW_IN_PROGRESS') return undefined;
      const { TemplateBody = '' } = await cloudFormation.send(
        new GetTemplateCommand({ StackName, TemplateStage: 'Original' }),
      );
      return {
        template: parseStackTemplate(TemplateBody),
        terminationProtection: stack.EnableTerminationProtection === true,
      };
    },

    fetchOutputs: () => fetchStackOutputs(stage, region),
    findMissingSecrets: () => findMissingSecrets(stage, region),

    async setTerminationProtection(enabled) {
      await cloudFormation.send(
        new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: enabled }),
      );
    },
  };
}
