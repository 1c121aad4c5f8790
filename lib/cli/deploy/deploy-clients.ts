import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { stackName } from '../stage/stage-clients.ts';
import type { Stack } from './protection.ts';
import { parseStackTemplate } from './stack-template.ts';

/** What a deployment needs to know of AWS, and does there beside osls. */
export type DeploymentAws = {
  /** The stack as it was deployed last; undefined where there is none. */
  fetchStack(stage: string): Promise<Stack | undefined>;
  /** The stack's outputs by name. */
  fetchOutputs(stage: string): Promise<Record<string, string>>;
  /** Which of these SSM parameters do not exist. At most ten. */
  findMissingParameters(names: readonly string[]): Promise<string[]>;
  setTerminationProtection(stage: string, enabled: boolean): Promise<void>;
};

type Clients = {
  cloudFormation: Pick<CloudFormationClient, 'send'>;
  ssm: Pick<SSMClient, 'send'>;
};

/** CloudFormation answers so for a stack that does not exist. */
const isStackMissing = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message);

/** AWS's own answers, of one region. */
export async function connectDeploymentAws(region: string): Promise<DeploymentAws> {
  const [{ CloudFormationClient }, { SSMClient }] = await Promise.all([
    import('@aws-sdk/client-cloudformation'),
    import('@aws-sdk/client-ssm'),
  ]);
  return createDeploymentAws({
    cloudFormation: new CloudFormationClient({ region }),
    ssm: new SSMClient({ region }),
  });
}

export function createDeploymentAws({ cloudFormation, ssm }: Clients): DeploymentAws {
  async function describeStack(stage: string) {
    const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
    try {
      const { Stacks = [] } = await cloudFormation.send(
        new DescribeStacksCommand({ StackName: stackName(stage) }),
      );
      return Stacks[0];
    } catch (error) {
      if (isStackMissing(error)) return undefined;
      throw error;
    }
  }

  return {
    async fetchStack(stage) {
      const stack = await describeStack(stage);
      // A stack that was only begun has no template that could be compared.
      if (stack === undefined || stack.StackStatus === 'REVIEW_IN_PROGRESS') return undefined;
      const { GetTemplateCommand } = await import('@aws-sdk/client-cloudformation');
      const { TemplateBody = '' } = await cloudFormation.send(
        new GetTemplateCommand({ StackName: stackName(stage), TemplateStage: 'Original' }),
      );
      return {
        template: parseStackTemplate(TemplateBody),
        terminationProtection: stack.EnableTerminationProtection === true,
      };
    },

    async fetchOutputs(stage) {
      const { Outputs = [] } = (await describeStack(stage)) ?? {};
      return Object.fromEntries(
        Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
      );
    },

    async findMissingParameters(names) {
      const { GetParametersCommand } = await import('@aws-sdk/client-ssm');
      const { InvalidParameters = [] } = await ssm.send(
        new GetParametersCommand({ Names: [...names], WithDecryption: false }),
      );
      return InvalidParameters;
    },

    async setTerminationProtection(stage, enabled) {
      const { UpdateTerminationProtectionCommand } = await import('@aws-sdk/client-cloudformation');
      await cloudFormation.send(
        new UpdateTerminationProtectionCommand({
          StackName: stackName(stage),
          EnableTerminationProtection: enabled,
        }),
      );
    },
  };
}
