import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { chunk } from '../runtime/chunk.ts';

/** Parameters that one call of `GetParameters` takes. Source: SSM's API reference. */
const MAX_NAMES = 10;

/** Values of SSM parameters by their names, decrypted; none for one that does not exist. */
export type ReadParameters = (names: readonly string[]) => Promise<Record<string, string>>;

/** @throws what SSM or the SDK says */
export const readParameters: ReadParameters = async (names) => {
  const client = new SSMClient({
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_000, throwOnRequestTimeout: true },
    maxAttempts: 2,
  });
  const responses = await Promise.all(
    chunk(names, MAX_NAMES).map((Names) =>
      client.send(new GetParametersCommand({ Names, WithDecryption: true })),
    ),
  );
  return Object.fromEntries(
    responses.flatMap(({ Parameters = [] }) => Parameters.map(({ Name = '', Value = '' }) => [Name, Value])),
  );
};
