import { CommanderError } from 'commander';
import { InputError, SettingsError } from '../runtime/errors.ts';

/** The caller's mistake: its message is printed as one line, without a stack, and the exit code is 2. */
export class CommandError extends Error {
  override name = 'CommandError' as const;
}

const CREDENTIALS =
  'AWS takes no credentials from here: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
const EXPIRED = 'the AWS credentials have expired: sign in again';
const NO_QUEUE = 'there is no such queue any more: is the relay still running, or the stage deployed?';

/** Errors of the AWS SDK that the operator can fix, by name. */
const awsErrorMessages: Readonly<Record<string, string>> = {
  CredentialsProviderError: CREDENTIALS,
  UnrecognizedClientException: CREDENTIALS,
  InvalidClientTokenId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  ExpiredToken: EXPIRED,
  ExpiredTokenException: EXPIRED,
  QueueDoesNotExist: NO_QUEUE,
  'AWS.SimpleQueueService.NonExistentQueue': NO_QUEUE,
};

const networkCodes: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN']);

/** Whose policy in docs/permissions.md allows what is being done. */
type Role = 'an operator' | 'a deployer';

/** An error as one line for the caller; nothing if only its stack helps, because it is a bug. */
export function describeError(error: unknown, role: Role = 'an operator'): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof CommandError || error instanceof InputError || error instanceof SettingsError)
    return error.message;
  if (error instanceof CommanderError) return describeUsageError(error);
  if (error.message === 'Region is missing')
    return "which AWS region? Set region in the stage's file, stages/STAGE.yml, name it with --region, or set AWS_REGION";
  // AWS's own words name the action and the resource that a policy lacks.
  if (/^AccessDenied|^AuthorizationError/.test(error.name))
    return `AWS denies it (${error.message}): docs/permissions.md has the policy of ${role}`;
  const awsMessage = Object.hasOwn(awsErrorMessages, error.name) ? awsErrorMessages[error.name] : undefined;
  if (awsMessage !== undefined) return awsMessage;
  const isNetwork = error.name === 'TimeoutError' || ('code' in error && networkCodes.has(error.code));
  return isNetwork ? `AWS does not answer (${error.message}): try again` : undefined;
}

function describeUsageError({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'which command? --help lists them';
  // Commander puts its suggestion on a second line.
  const line = message.replace(/^error: /, '').replaceAll('\n', ' ');
  const lacksHint = code === 'commander.unknownCommand' && !line.includes('Did you mean');
  return lacksHint ? `${line}: --help lists them` : line;
}
