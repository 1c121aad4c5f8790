import type { Command } from 'commander';
import type { Environment } from '../config/config.ts';
import { CommandError } from './cli-errors.ts';

/** A CI that uses npx often sets it for every npm. Without it, a command asks or refuses. */
const HARMLESS = '--yes';

/**
 * Refuses a command whose options npm took for itself, because no `--` stood before them: it would run without them,
 * and a dry run would be a replay. npm leaves such an option in the environment, as `npm_config_dry_run`.
 *
 * @param args the arguments that npm passed on
 * @throws CommandError that says how to call it
 */
export function refuseOptionsTakenByNpm(program: Command, args: readonly string[], env: Environment): void {
  const { command, path } = findCommand(program, args);
  const script = env['npm_lifecycle_event'];
  if (script !== 'relay' && script !== path) return;

  const taken = command.options.flatMap(({ long, flags }) => {
    const isGiven = args.some((arg) => arg === long || arg.startsWith(`${long}=`));
    return long && long !== HARMLESS && !isGiven && isSetInNpm(long, env) ? [{ long, flags }] : [];
  });
  if (taken.length === 0) return;
  const call = [
    script === path ? `npm run ${path} --` : `npm run --silent relay -- ${path}`,
    ...taken.map(({ flags }) => flags.replace(/^-\w, /, '')),
  ];
  const names = taken.map(({ long }) => long).join(', ');
  throw new CommandError(`npm took ${names} for itself: put -- before the options, ${call.join(' ')}`);
}

/** The command that is called, and how it is called. */
function findCommand(program: Command, args: readonly string[]): { command: Command; path: string } {
  let command = program;
  const names: string[] = [];
  for (const arg of args) {
    const next = command.commands.find((each) => each.name() === arg);
    if (next === undefined) break;
    command = next;
    names.push(arg);
  }
  return { command, path: names.join(' ') };
}

function isSetInNpm(option: string, env: Environment): boolean {
  const value = env[`npm_config_${option.slice(2).replaceAll('-', '_')}`];
  return value !== undefined && value !== '' && value !== 'false';
}
