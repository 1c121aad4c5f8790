import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { ReadParameters } from './secrets.ts';

/** Parameters that one call of `GetParameters` takes. Source: SSM's API reference. */
const MAX_NAMES = 10;

/**
 * Reads SecureString parameters from SSM.
 */
export const readParameters: ReadParameters = async (names) => {
  const client = new SSMClient({
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_000, throwOnRequestTimeout: true },
    maxAttempts: 2,
  });
  const calls = Array.from({ length: Math.ceil(names.length / MAX_NAMES) }, (_, index) =>
    client.send(
      new GetParametersCommand({
        Names: names.slice(index * MAX_NAMES, (index + 1) * MAX_NAMES),
        WithDecryption: true,
      }),
    ),
  );
  const responses = await Promise.all(calls);
  return Object.fromEntries(
    responses.flatMap(({ Parameters = [] }) => Parameters.map(({ Name = '', Value = '' }) => [Name, Value])),
  );
};
