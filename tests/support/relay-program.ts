import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CommandContext } from '../../lib/cli/command-context.ts';
import { createRelayProgram } from '../../lib/cli/relay-program.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { patientClock } from './patient-clock.ts';

type Streams = { stdin: PassThrough & { isTTY?: boolean }; stderr: PassThrough };

/** Standard input and error of an operator who answers the first question. */
export function createTerminal(answer: (question: string) => Promise<string>): Streams {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stderr = new PassThrough();
  stderr.once('data', (question) => {
    void answer(`${question}`).then((line) => stdin.end(`${line}\n`));
  });
  return { stdin, stderr };
}

const createPipes = (): Streams => ({ stdin: new PassThrough().end(), stderr: new PassThrough() });

type ProgramOptions = { streams?: Streams; clock?: Clock };

/** Runs `relay` in this process, which costs less than one of its own; usage errors are thrown. */
export async function runRelayProgram(
  args: readonly string[],
  env: Record<string, string>,
  { streams: { stdin, stderr } = createPipes(), clock = patientClock }: ProgramOptions = {},
) {
  const stdout = new PassThrough();
  let code = 0;
  const context: CommandContext = {
    stdin,
    stdout,
    stderr,
    env,
    clock,
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
