import { style } from '../../runtime/terminal-text.ts';
import { describeError } from '../cli-errors.ts';
import { type CommandContext, printJson, printLine } from '../command-context.ts';

/** What a check found: `unknown` where it could not look, for want of rights for example. */
export type Finding = { level: 'good' | 'warning' | 'bad' | 'unknown'; text: string };

export type Check = { name: string; run: () => Promise<Finding> };

export const good = (text: string): Finding => ({ level: 'good', text });
export const warning = (text: string): Finding => ({ level: 'warning', text });
export const bad = (text: string): Finding => ({ level: 'bad', text });

const colors = { good: 'green', warning: 'yellow', bad: 'red', unknown: 'yellow' } as const;

/**
 * Runs the checks together, and prints them in their order. The command has failed if one is bad, or none could look.
 */
export async function runChecks(
  checks: readonly Check[],
  { json }: { json?: true },
  context: CommandContext,
): Promise<void> {
  const results = checks.map(async ({ name, run }) => ({ name, ...(await run().catch(toUnknown)) }));
  const width = Math.max(...checks.map(({ name }) => name.length));
  const levels = new Set<Finding['level']>();
  for (const result of results) {
    const { name, level, text } = await result;
    levels.add(level);
    const line = `${style(colors[level], level.padEnd(7))}  ${name.padEnd(width)}  ${text}`;
    await (json ? printJson(context, { name, level, text }) : printLine(context, line));
  }
  if (levels.has('bad') || !levels.has('good')) context.setFailed();
}

function toUnknown(error: unknown): Finding {
  const text = describeError(error) ?? (error instanceof Error ? error.name : 'unknown error');
  return { level: 'unknown', text };
}
