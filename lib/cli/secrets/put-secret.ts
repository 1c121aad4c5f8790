import { clientOptions } from '../stage/stage-clients.ts';
import type { StageTarget } from '../stage/stage-target.ts';
import { parameterName, type SecretName } from './stage-secrets.ts';

/** Stores a secret of a stage in SSM; encrypted with the stage's KMS key where it has one, else with AWS's own. */
export async function putSecret(
  secret: SecretName,
  value: string,
  { stage, region, kmsKeyArn }: StageTarget,
): Promise<void> {
  const { PutParameterCommand, SSMClient } = await import('@aws-sdk/client-ssm');
  const ssm = new SSMClient(clientOptions(region));
  try {
    await ssm.send(
      new PutParameterCommand({
        Name: parameterName(stage, secret),
        Value: value,
        Type: 'SecureString',
        Overwrite: true,
        ...(kmsKeyArn !== undefined && { KeyId: kmsKeyArn }),
      }),
    );
  } finally {
    ssm.destroy();
  }
}
