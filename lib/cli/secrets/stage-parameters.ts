import { clientOptions } from '../stage/stage-clients.ts';
import { parameterName, SECRET_NAMES, type SecretName } from './stage-secrets.ts';

/** The secrets of a stage that have no parameter in SSM. */
export async function findMissingSecrets(stage: string, region: string): Promise<SecretName[]> {
  const { InvalidParameters } = await getParameters(
    SECRET_NAMES.map((secret) => parameterName(stage, secret)),
    region,
    false,
  );
  return SECRET_NAMES.filter((secret) => InvalidParameters.includes(parameterName(stage, secret)));
}

/** The values of parameters by their names, decrypted; none for one that does not exist. */
export async function readParameters(
  names: readonly string[],
  region: string | undefined,
): Promise<Record<string, string>> {
  const { Parameters } = await getParameters(names, region, true);
  return Object.fromEntries(Parameters.map(({ Name = '', Value = '' }) => [Name, Value]));
}

async function getParameters(names: readonly string[], region: string | undefined, isDecrypted: boolean) {
  const { GetParametersCommand, SSMClient } = await import('@aws-sdk/client-ssm');
  const ssm = new SSMClient(clientOptions(region));
  try {
    const { Parameters = [], InvalidParameters = [] } = await ssm.send(
      new GetParametersCommand({ Names: [...names], WithDecryption: isDecrypted }),
    );
    return { Parameters, InvalidParameters };
  } finally {
    ssm.destroy();
  }
}
