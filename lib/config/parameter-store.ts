import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { ReadParameters } from './secrets.ts';

/**
 * Parameters of SSM as a process on the operator's machine reads them: with whatever credentials the SDK finds there.
 *
 * @throws what SSM or the SDK says
 */
export const readParameters: ReadParameters = async (names) => {
  const client = new SSMClient({
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_000, throwOnRequestTimeout: true },
    maxAttempts: 2,
  });
  const { Parameters = [] } = await client.send(
    new GetParametersCommand({ Names: [...names], WithDecryption: true }),
  );
  return Object.fromEntries(Parameters.map(({ Name = '', Value = '' }) => [Name, Value]));
};
