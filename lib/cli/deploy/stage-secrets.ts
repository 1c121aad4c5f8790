import type { StagePlan } from './stage-plan.ts';

/** The name of the SSM parameter that holds a secret of a stage, as serverless.yml has it. */
export const parameterName = (stage: string, secret: string): string =>
  `/segment-salesmachine-relay/${stage}/${secret}`;

/**
 * Which secrets the stage's functions would miss, as a sentence; undefined where they can start.
 *
 * @param missing the names of secrets that have no parameter
 */
export function findMissingSecrets(
  { settings }: Pick<StagePlan, 'settings'>,
  missing: readonly string[],
): string | undefined {
  const waysIn = ['SEGMENT_SHARED_SECRETS', 'INGEST_TOKENS'];
  const missingWaysIn = waysIn.filter((name) => missing.includes(name));
  const needsBoth = settings.REQUIRE_BOTH === 'true';
  const isShut = missingWaysIn.length === waysIn.length && settings.INGEST_OPEN !== 'true';
  const needed = [
    ...(needsBoth ? missingWaysIn : isShut ? [waysIn.join(' or ')] : []),
    ...['SALESMACHINE_API_TOKEN', 'SALESMACHINE_API_SECRET'].filter((name) => missing.includes(name)),
  ];
  return needed.length === 0 ? undefined : needed.join(', ');
}
