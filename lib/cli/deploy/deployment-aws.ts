import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { connectStageParameters } from '../secrets/stage-parameters.ts';
import type { SecretName } from '../secrets/stage-secrets.ts';
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

/** CloudFormation answers so for a stack that does not exist. */
const isStackMissing = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message);

export async function connectDeploymentAws({
  stage,
  region,
}: {
  stage: string;
  region: string;
}): Promise<DeploymentAws> {
  const {
    CloudFormationClient,
    DescribeStacksCommand,
    GetTemplateCommand,
    UpdateTerminationProtectionCommand,
  } = await import('@aws-sdk/client-cloudformation');
  const cloudFormation: CloudFormationClient = new CloudFormationClient({ region });
  const parameters = await connectStageParameters({ stage, region });
  const StackName = stackName(stage);

  async function describeStack() {
    try {
      const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
      return Stacks[0];
    } catch (error) {
      if (isStackMissing(error)) return undefined;
      throw error;
    }
  }

  return {
    async fetchStack() {
      const stack = await describeStack();
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

    async fetchOutputs() {
      const stack = await describeStack();
      if (stack === undefined) return undefined;
      const { Outputs = [] } = stack;
      return Object.fromEntries(
        Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
      );
    },

    findMissingSecrets: parameters.findMissing,

    async setTerminationProtection(enabled) {
      await cloudFormation.send(
        new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: enabled }),
      );
    },
  };
}
