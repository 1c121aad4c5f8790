import * as v from 'valibot';
import { type Environment, readSalesmachineSettings } from '../../config/config.ts';
import { createSecretsEnvironment } from '../../config/secrets.ts';
import { createSalesmachine } from '../../salesmachine/client.ts';
import { pingSalesmachine } from '../../salesmachine/ping.ts';
import { CommandError } from '../cli-errors.ts';
import type { CommandContext } from '../command-context.ts';
import { type Ping, pingSchema } from '../diagnose-ping.ts';
import { readParameters } from '../secrets/stage-parameters.ts';
import { parameterName } from '../secrets/stage-secrets.ts';
import { connectLambda, stackName } from './stage-clients.ts';
import { fetchWorkerEnvironment } from './worker-settings.ts';

/**
 * Pings Salesmachine with a stage's credential: read from SSM with the operator's rights, or, where these are missing,
 * by the worker.
 *
 * @throws CommandError if neither is possible
 */
export async function pingStage(
  stage: string,
  region: string | undefined,
  context: Pick<CommandContext, 'clock'>,
): Promise<Ping> {
  let settings: ReturnType<typeof readSalesmachineSettings>;
  try {
    settings = await fetchSalesmachineSettings(stage, region, context);
  } catch (error) {
    return await pingByWorker(stage, region, error);
  }
  return v.parse(pingSchema, await pingSalesmachine(createSalesmachine(settings), context.clock.now));
}

/**
 * Where a stage's Salesmachine is, and the credential for it.
 *
 * @throws what SSM answers, or a SettingsError for what the parameters hold
 */
export async function fetchSalesmachineSettings(
  stage: string,
  region: string | undefined,
  { clock }: Pick<CommandContext, 'clock'>,
) {
  const deployed = await fetchWorkerEnvironment(stage, region).catch((): Environment => ({}));
  const environment = {
    SALESMACHINE_API_TOKEN_PARAMETER: parameterName(stage, 'SALESMACHINE_API_TOKEN'),
    SALESMACHINE_API_SECRET_PARAMETER: parameterName(stage, 'SALESMACHINE_API_SECRET'),
    ...deployed,
  };
  const read = (names: readonly string[]) => readParameters(names, region);
  return readSalesmachineSettings(await createSecretsEnvironment(environment, clock, read).get());
}

/** What the worker answers to `{"ping":true}`. */
const responseSchema = v.pipe(v.string(), v.parseJson(), pingSchema);

async function pingByWorker(stage: string, region: string | undefined, cause: unknown): Promise<Ping> {
  const { InvokeCommand } = await import('@aws-sdk/client-lambda');
  const lambda = await connectLambda(region, { requestTimeout: 20_000 });
  const getErrorName = (error: unknown) => (error instanceof Error ? error.name : 'unknown');
  try {
    const { Payload } = await lambda.send(
      new InvokeCommand({
        FunctionName: `${stackName(stage)}-worker`,
        Payload: JSON.stringify({ ping: true }),
      }),
    );
    return v.parse(responseSchema, Buffer.from(Payload ?? []).toString());
  } catch (error) {
    // Without these, neither the function nor SSM was asked.
    const isUnasked = error instanceof Error && error.message === 'Region is missing';
    if (isUnasked || getErrorName(error) === 'CredentialsProviderError') throw error;
    throw new CommandError(
      `the credential of ${stage} cannot be tried: SSM does not give it (${getErrorName(cause)}), and the worker does not ping (${getErrorName(error)}); check --stage, --region and the AWS credentials`,
    );
  } finally {
    lambda.destroy();
  }
}
