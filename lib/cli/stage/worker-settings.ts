import { type Environment, readDeliverySettings } from '../../config/config.ts';
import type { DeliverySettings } from '../../delivery/lane.ts';
import { type CommandContext, printNote } from '../command-context.ts';
import { connectLambda, stackName } from './stage-clients.ts';

/** What a worker makes of events, and how fast it may send. */
export type WorkerSettings = Pick<DeliverySettings, 'mapping' | 'quota'>;

/**
 * The settings of a stage's worker, from Lambda; without the right to ask, those of this environment, and a warning.
 */
export async function fetchStageSettings(
  stage: string,
  region: string | undefined,
  context: Pick<CommandContext, 'env' | 'stderr'>,
): Promise<WorkerSettings> {
  try {
    return readDeliverySettings(await fetchWorkerEnvironment(stage, region));
  } catch (error) {
    const cause = error instanceof Error ? error.name : 'unknown';
    printNote(
      context,
      `relay: Lambda does not tell the worker's settings (${cause}); those of this environment are used instead`,
    );
    return readDeliverySettings(context.env);
  }
}

/**
 * The environment variables that a stage's worker is deployed with; of a secret it has the parameter's name.
 *
 * @throws what Lambda answers
 */
export async function fetchWorkerEnvironment(
  stage: string,
  region: string | undefined,
): Promise<Environment> {
  const { GetFunctionConfigurationCommand } = await import('@aws-sdk/client-lambda');
  const lambda = await connectLambda(region);
  try {
    const command = new GetFunctionConfigurationCommand({ FunctionName: `${stackName(stage)}-worker` });
    const { Environment } = await lambda.send(command);
    return Environment?.Variables ?? {};
  } finally {
    lambda.destroy();
  }
}
