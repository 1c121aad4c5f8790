import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CommandContext } from '../../lib/cli/command-context.ts';
import { createRelayProgram } from '../../lib/cli/relay-program.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { systemRandom } from '../../lib/runtime/random.ts';

/** Runs `relay` in this process, which costs less than one of its own; usage errors are thrown. */
export async function runRelayProgram(args: readonly string[], env: Record<string, string>) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end();
  let code = 0;
  const context: CommandContext = {
    stdin,
    stdout,
    stderr,
    env,
    clock: systemClock,
    random: systemRandom,
    interruptSignal: () => new AbortController().signal,
    setFailed() {
      code = 1;
    },
  };
  const output = Promise.all([text(stdout), text(stderr)]);
  await createRelayProgram(context).parseAsync(args, { from: 'user' });
  stdout.end();
  stderr.end();
  const [out, err] = await output;
  return { stdout: out, stderr: err, code };
}
