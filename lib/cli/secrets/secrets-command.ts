import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { CommandError } from '../cli-errors.ts';
import { type CommandContext, printLine } from '../command-context.ts';
import { readStageTarget, type StageTarget } from '../stage/stage-target.ts';
import { askForLine, withoutEcho } from './hidden-input.ts';
import { putSecret } from './put-secret.ts';
import { findMissingSecrets, readParameters } from './stage-parameters.ts';
import { isSecretName, parameterName, SECRET_NAMES, type SecretName } from './stage-secrets.ts';

const help = `
Stores them as SecureString parameters in SSM, in the region of stages/STAGE.yml, and encrypts them with its kmsKeyArn. The
functions know a new value within 5 minutes, without a deployment.

At a terminal it asks for each, and shows nothing of what is typed: Enter keeps what is stored, or, where there is no shared
secret yet, makes one up and prints it, to be entered in Segment. From elsewhere it reads lines of NAME=value from standard
input. Nothing is taken from the command line, which would stay in the shell's history.

With --add, a new shared secret or token stands before those that are stored, and all of them are valid: the first step of
a rotation, for which no one needs to know the old one. The last step stores the new one alone, without --add.

Examples:
  $ relay secrets put --stage prod
  $ relay secrets put --stage prod --add
  $ relay secrets put --stage prod < secrets.env
`;

type PutOptions = { stage: string; region?: string; add?: true };

export function defineSecrets(relay: Command, context: CommandContext): void {
  relay
    .command('secrets')
    .description("a stage's secrets in SSM")
    .command('put')
    .description('store the four secrets of a stage, without showing them')
    .requiredOption('--stage <name>', 'the stage')
    .option('--region <name>', "its AWS region, instead of its file's")
    .option('--add', 'keep the shared secrets and tokens that are stored valid, too')
    .addHelpText('after', help)
    .action((options: PutOptions) => putSecrets(options, context));
}

async function putSecrets(options: PutOptions, context: CommandContext): Promise<void> {
  const target = await readStageTarget(options, context.env);
  const { stage, region } = target;
  const missing = await findMissingSecrets(stage, region);
  await printLine(context, `The secrets of the stage ${stage} in ${region}:`);
  const values = context.stdin.isTTY
    ? askForSecrets(missing, context)
    : [...readSecrets(await text(context.stdin))];
  for await (const [secret, value] of values) {
    const stored = options.add && isList(secret) ? await readSecret(secret, target) : undefined;
    await putSecret(secret, stored === undefined ? value : `${value},${stored}`, target);
    await printLine(
      context,
      `  ${secret} is stored${stored === undefined ? '' : ', before what was stored'}`,
    );
  }
  const rest = await findMissingSecrets(stage, region);
  await printLine(context, rest.length === 0 ? 'All four are stored.' : `Not stored: ${rest.join(', ')}.`);
}

/** Several values, each of which is valid. */
const isList = (secret: SecretName) => secret === 'SEGMENT_SHARED_SECRETS' || secret === 'INGEST_TOKENS';

/** What is stored; undefined if nothing is. */
async function readSecret(secret: SecretName, { stage, region }: StageTarget): Promise<string | undefined> {
  const name = parameterName(stage, secret);
  return (await readParameters([name], region))[name];
}

/** Bytes of a shared secret that the relay makes up; `openssl rand -hex 32` makes as many. */
const SHARED_SECRET_BYTES = 32;

type Terminal = Pick<CommandContext, 'stdin' | 'stdout'>;

/** Asks for each secret at the terminal, without showing it, and yields those that are to be stored. */
export const askForSecrets = (missing: readonly SecretName[], terminal: Terminal) =>
  withoutEcho(terminal.stdin, () => askForEach(missing, terminal));

async function* askForEach(
  missing: readonly SecretName[],
  context: Terminal,
): AsyncGenerator<[SecretName, string]> {
  for (const secret of SECRET_NAMES) {
    const isNew = missing.includes(secret);
    const isMadeUp = isNew && secret === 'SEGMENT_SHARED_SECRETS';
    const enter = isMadeUp ? 'Enter makes one up' : isNew ? 'Enter leaves it out' : 'Enter keeps it';
    const answer = await askForLine(`${secret} (${enter}): `, {
      input: context.stdin,
      output: context.stdout,
    });
    if (answer === undefined) throw new CommandError('stopped: the secrets after this one are as they were');
    if (answer.trim() !== '') yield [secret, answer.trim()];
    else if (isMadeUp) {
      const value = randomBytes(SHARED_SECRET_BYTES).toString('hex');
      await printLine(context, `  made up; enter it as the shared secret of Segment's destination: ${value}`);
      yield [secret, value];
    }
  }
}

/** @throws CommandError that names the line, and quotes nothing of it */
function* readSecrets(lines: string): Generator<[SecretName, string]> {
  for (const [index, line] of lines.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [name = '', value = ''] = line.split(/=(.*)/s).map((part) => part.trim());
    if (!isSecretName(name)) {
      throw new CommandError(`line ${index + 1} is not NAME=value with one of ${SECRET_NAMES.join(', ')}`);
    }
    if (value === '') throw new CommandError(`line ${index + 1} has no value`);
    yield [name, value];
  }
}
