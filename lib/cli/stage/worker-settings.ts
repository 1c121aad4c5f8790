import { readDeliverySettings } from '../../config/config.ts';
import type { DeliverySettings } from '../../delivery/ports.ts';
import { type CommandContext, printNote } from '../command-context.ts';
import { connectLambda, stackName } from './stage-clients.ts';

/** What a worker makes of events, and how fast it may send. */
export type WorkerSettings = Pick<DeliverySettings, 'mapping' | 'quota'>;

/** The settings of a stage's worker, from Lambda; without the right to ask, those of this environment, and a warning. */
export async function fetchStageSettings(
  stage: string,
  region: string | undefined,
  context: Pick<CommandContext, 'env' | 'stderr'>,
): Promise<WorkerSettings> {
  const { GetFunctionConfigurationCommand } = await import('@aws-sdk/client-lambda');
  const lambda = await connectLambda(region);
  const command = new GetFunctionConfigurationCommand({ FunctionName: `${stackName(stage)}-worker` });
  try {
    const { Environment } = await lambda.send(command);
    return readDeliverySettings(Environment?.Variables ?? {});
  } catch (error) {
    const cause = error instanceof Error ? error.name : 'unknown';
    printNote(
      context,
      `relay: Lambda does not tell the worker's settings (${cause}); those of this environment are used instead`,
    );
    return readDeliverySettings(context.env);
  } finally {
    lambda.destroy();
  }
}
