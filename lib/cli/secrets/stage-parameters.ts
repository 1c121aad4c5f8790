import type { SSMClient } from '@aws-sdk/client-ssm';
import type { ReadParameters } from '../../config/parameter-store.ts';
import { clientOptions } from '../stage/stage-clients.ts';
import { parameterName, SECRET_NAMES, type SecretName } from './stage-secrets.ts';

/** The secrets of a stage in SSM. */
export type StageParameters = {
  /** Those that have no parameter. */
  findMissing(): Promise<SecretName[]>;
  /** The values of parameters by their names, decrypted. */
  read: ReadParameters;
  put(secret: SecretName, value: string): Promise<void>;
};

type ParametersOptions = { stage: string; region: string; kmsKeyArn?: string | undefined };

/** The parameters of a stage, in its region; encrypted with the key where there is one, else with AWS's own. */
export async function connectStageParameters({
  stage,
  region,
  kmsKeyArn,
}: ParametersOptions): Promise<StageParameters> {
  const { SSMClient, GetParametersCommand, PutParameterCommand } = await import('@aws-sdk/client-ssm');
  const ssm: SSMClient = new SSMClient(clientOptions(region));
  return {
    async findMissing() {
      const Names = SECRET_NAMES.map((secret) => parameterName(stage, secret));
      const { InvalidParameters = [] } = await ssm.send(
        new GetParametersCommand({ Names, WithDecryption: false }),
      );
      return SECRET_NAMES.filter((secret) => InvalidParameters.includes(parameterName(stage, secret)));
    },
    async read(names) {
      const { Parameters = [] } = await ssm.send(
        new GetParametersCommand({ Names: [...names], WithDecryption: true }),
      );
      return Object.fromEntries(Parameters.map(({ Name = '', Value = '' }) => [Name, Value]));
    },
    async put(secret, value) {
      await ssm.send(
        new PutParameterCommand({
          Name: parameterName(stage, secret),
          Value: value,
          Type: 'SecureString',
          Overwrite: true,
          ...(kmsKeyArn !== undefined && { KeyId: kmsKeyArn }),
        }),
      );
    },
  };
}
