import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CommandContext } from '../../lib/cli/command-context.ts';
import { runRelay } from '../../lib/cli/run-relay.ts';
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

const createPipes = (input: string | Buffer): Streams => ({
  stdin: new PassThrough().end(input),
  stderr: new PassThrough(),
});

type ProgramOptions = {
  input?: string | Buffer;
  streams?: Streams;
  clock?: Clock;
  /** Ctrl-C. */
  interrupt?: AbortSignal;
};

const neverInterrupted = new AbortController().signal;

/** Runs `relay` in this process, which costs less than one of its own. */
export async function runRelayProgram(
  args: readonly string[],
  env: Record<string, string> = {},
  {
    input = '',
    streams: { stdin, stderr } = createPipes(input),
    clock = patientClock,
    interrupt = neverInterrupted,
  }: ProgramOptions = {},
) {
  const stdout = new PassThrough();
  let failure = 0;
  const context: CommandContext = {
    stdin,
    stdout,
    stderr,
    env,
    clock,
    random: systemRandom,
    interruptSignal: () => interrupt,
    setFailed() {
      failure = 1;
    },
  };
  const output = Promise.all([text(stdout), text(stderr)]);
  const code = (await runRelay(args, context)) || failure;
  stdout.end();
  stderr.end();
  const [out, err] = await output;
  return { stdout: out, stderr: err, code };
}
