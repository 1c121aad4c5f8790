import type { SettingName } from '../../config/settings.ts';

/** These are SSM parameters of the stage, so that they stand in no file and no template. */
export const SECRET_NAMES = [
  'SEGMENT_SHARED_SECRETS',
  'INGEST_TOKENS',
  'SALESMACHINE_API_TOKEN',
  'SALESMACHINE_API_SECRET',
] as const satisfies readonly SettingName[];

export type SecretName = (typeof SECRET_NAMES)[number];

export const isSecretName = (name: string): name is SecretName =>
  SECRET_NAMES.some((secret) => secret === name);

/** The name of the SSM parameter that holds a secret of a stage, as serverless.yml has it. */
export const parameterName = (stage: string, secret: SecretName): string =>
  `/segment-salesmachine-relay/${stage}/${secret}`;

/**
 * Which secrets the stage's functions lack, as a list for people; undefined where they can start.
 *
 * @param missing the secrets that have no parameter
 */
export function findLackingSecrets(
  settings: Partial<Record<SettingName, string>>,
  missing: readonly SecretName[],
): string | undefined {
  const waysIn = ['SEGMENT_SHARED_SECRETS', 'INGEST_TOKENS'] as const;
  const missingWaysIn = waysIn.filter((name) => missing.includes(name));
  const isShut = missingWaysIn.length === waysIn.length && settings.INGEST_OPEN !== 'true';
  const lacking = [
    ...(settings.REQUIRE_BOTH === 'true' ? missingWaysIn : isShut ? [waysIn.join(' or ')] : []),
    ...(['SALESMACHINE_API_TOKEN', 'SALESMACHINE_API_SECRET'] as const).filter((name) =>
      missing.includes(name),
    ),
  ];
  return lacking.length === 0 ? undefined : lacking.join(', ');
}
