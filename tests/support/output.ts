import { afterEach, jest } from '@jest/globals';
import { isJsonObject, type JsonObject, parseJson } from '../../lib/runtime/json.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

export type Output = {
  /** All that this process has written since. */
  text(): string;
  /** The lines that are JSON objects. */
  objects(): JsonObject[];
};

/** Keeps what this process writes to stdout and stderr, until the test ends. */
export function captureOutput(): Output {
  const chunks: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      chunks.push(String(chunk));
      return true;
    });
  }
  const text = () => chunks.join('');
  const objects = () =>
    text()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map(parseJson)
      .filter(isJsonObject);
  return { text, objects };
}
