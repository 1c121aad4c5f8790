import type { Readable, Writable } from 'node:stream';

/** A terminal that can be asked not to show what is typed. */
export type HiddenInput = Readable & { setRawMode?: (mode: boolean) => unknown };

const ENTER = /[\r\n]/;
const INTERRUPT = '\u0003';
const END = '\u0004';
const ERASE = /^[\u007f\b]$/;
const CONTROL = /\p{Cc}/u;

/**
 * Yields what `ask` yields, while the terminal shows nothing of what is typed, also between two questions: otherwise it
 * would show what is typed ahead.
 */
export async function* withoutEcho<Value>(
  input: HiddenInput,
  ask: () => AsyncGenerator<Value>,
): AsyncGenerator<Value> {
  input.setRawMode?.(true);
  try {
    yield* ask();
  } finally {
    input.setRawMode?.(false);
    input.pause();
  }
}

/**
 * Asks for a line. What is pasted behind the line's end is dropped: it is no answer to the next question.
 *
 * @returns undefined if the operator pressed Ctrl-C or Ctrl-D
 */
export async function askForLine(
  question: string,
  { input, output }: { input: HiddenInput; output: Writable },
): Promise<string | undefined> {
  output.write(question);
  const line = await readLine(input);
  input.pause();
  output.write('\n');
  return line;
}

function readLine(input: HiddenInput): Promise<string | undefined> {
  return new Promise((resolve) => {
    let line = '';
    const end = (answer: string | undefined) => {
      input.off('data', onData);
      input.off('end', onEnd);
      resolve(answer);
    };
    const onData = (chunk: Buffer | string) => {
      for (const character of chunk.toString()) {
        if (ENTER.test(character)) return end(line);
        if (character === INTERRUPT || character === END) return end(undefined);
        line = typeCharacter(line, character);
      }
    };
    const onEnd = () => end(undefined);
    input.on('data', onData);
    input.on('end', onEnd);
    input.resume();
  });
}

function typeCharacter(line: string, character: string): string {
  if (ERASE.test(character)) return line.slice(0, -1);
  return CONTROL.test(character) ? line : line + character;
}
