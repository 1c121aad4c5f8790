import type { Stack } from '@aws-sdk/client-cloudformation';
import { clientOptions, stackName } from './stage-clients.ts';

/** CloudFormation answers so for a stack that does not exist. */
const isStackMissing = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message);

/** The stack of a stage; undefined where there is none. */
export async function describeStack(stage: string, region: string): Promise<Stack | undefined> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const cloudFormation = new CloudFormationClient(clientOptions(region));
  try {
    const { Stacks = [] } = await cloudFormation.send(
      new DescribeStacksCommand({ StackName: stackName(stage) }),
    );
    return Stacks[0];
  } catch (error) {
    if (isStackMissing(error)) return undefined;
    throw error;
  } finally {
    cloudFormation.destroy();
  }
}

/** The stack's outputs by name; undefined where there is no stack. */
export async function fetchStackOutputs(
  stage: string,
  region: string,
): Promise<Record<string, string> | undefined> {
  const stack = await describeStack(stage, region);
  if (stack === undefined) return undefined;
  const { Outputs = [] } = stack;
  return Object.fromEntries(Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}
