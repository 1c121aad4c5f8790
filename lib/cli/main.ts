import { SettingsError } from '../config.ts';
import { type Command, CommandError } from './command.ts';
import { map } from './map.ts';

const commands: ReadonlyMap<string, Command> = new Map([['map', map]]);

const help = `Usage: relay COMMAND [OPTIONS]

${Array.from(commands, ([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`).join('\n')}

relay COMMAND --help says more.
`;

async function run([name, ...args]: string[]): Promise<void> {
  if (isHelp(name)) return print(help);
  const command = commands.get(name ?? '');
  if (command === undefined) throw new CommandError('which command? relay --help lists them');
  if (args.some(isHelp)) return print(command.help);
  await command.run(args, process);
}

function isHelp(arg: string | undefined): boolean {
  return arg === '--help' || arg === '-h';
}

function print(text: string): void {
  process.stdout.write(text);
}

/** An option that `parseArgs` refuses is the caller's, too. */
function isForCaller(error: unknown): error is Error {
  if (error instanceof CommandError || error instanceof SettingsError) return true;
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}

// The reader, `head` for example, has seen enough: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await run(process.argv.slice(2));
} catch (error) {
  if (!isForCaller(error)) throw error;
  process.stderr.write(`relay: ${error.message}\n`);
  process.exitCode = 2;
}
