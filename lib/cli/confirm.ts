import { createInterface } from 'node:readline/promises';
import { CommandError } from './cli-errors.ts';
import type { CommandContext } from './command-context.ts';

/**
 * Whether the operator answers the question with yes. Ctrl-C is a no where it aborts `signal`; else it ends the
 * process.
 *
 * @throws CommandError without a terminal to ask on
 */
export async function confirm(
  question: string,
  { stdin, stderr }: Pick<CommandContext, 'stdin' | 'stderr'>,
  signal?: AbortSignal,
): Promise<boolean> {
  if (stdin.isTTY !== true) throw new CommandError(`${question} There is no terminal to ask on: add --yes`);
  // As a terminal it would take Ctrl-C for itself.
  const prompt = createInterface({ input: stdin, output: stderr, terminal: false });
  try {
    const answer = await prompt.question(`${question} [y/N] `, signal ? { signal } : {});
    return /^y(?:es)?$/i.test(answer.trim());
  } catch (error) {
    if (signal?.aborted) return false;
    throw error;
  } finally {
    prompt.close();
  }
}
