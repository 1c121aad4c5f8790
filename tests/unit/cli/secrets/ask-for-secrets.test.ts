import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { askForSecrets } from '../../../../lib/cli/secrets/secrets-command.ts';
import type { SecretName } from '../../../../lib/cli/secrets/stage-secrets.ts';

/** A terminal in which each answer is typed once its question is there. */
function createTerminal(answers: string[]) {
  const rawModes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (on: boolean) => rawModes.push(on),
  });
  const stdout = new PassThrough();
  let shown = '';
  stdout.on('data', (chunk) => {
    shown += chunk;
    // A terminal echoes what is typed, unless it is in raw mode.
    if (rawModes.at(-1) !== true) shown += answers[0] ?? '';
    if (String(chunk).endsWith('): ')) stdin.write(answers.shift() ?? '\u0003');
  });
  return { stdin, stdout, rawModes, shown: () => shown };
}

async function ask(missing: SecretName[], answers: string[]) {
  const terminal = createTerminal(answers);
  const stored: Record<string, string> = {};
  let error: unknown;
  try {
    for await (const [secret, value] of askForSecrets(missing, terminal)) stored[secret] = value;
  } catch (thrown) {
    error = thrown;
  }
  return { ...terminal, stored, error };
}

describe('at a terminal', () => {
  let result: Awaited<ReturnType<typeof ask>>;

  describe('what is typed', () => {
    beforeEach(async () => {
      result = await ask([], ['canary-\u0007one\r', 'canary-twx\u007fo\n', '\r', 'canary-four\r']);
    });

    test('is stored, without control characters, and with what was erased', () => {
      expect(result.stored).toEqual({
        SEGMENT_SHARED_SECRETS: 'canary-one',
        INGEST_TOKENS: 'canary-two',
        SALESMACHINE_API_SECRET: 'canary-four',
      });
    });

    test('is never shown: the terminal echoes nothing from before the first question until after the last', () => {
      expect(result.shown()).not.toContain('canary');
      expect(result.rawModes).toEqual([true, false]);
    });
  });

  test('Enter makes up the shared secret that is missing, and shows it once, and leaves the others out', async () => {
    const missing: SecretName[] = ['SEGMENT_SHARED_SECRETS', 'INGEST_TOKENS', 'SALESMACHINE_API_TOKEN'];
    const { stored, shown } = await ask(missing, ['\r', '\r', '\r', '\r']);
    expect(stored).toEqual({ SEGMENT_SHARED_SECRETS: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(shown().split(stored['SEGMENT_SHARED_SECRETS'] ?? '')).toHaveLength(2);
  });

  test('Ctrl-C stops, with what was stored before, and gives the terminal back', async () => {
    const { stored, error, rawModes } = await ask([], ['canary-one\r', 'half\u0003']);
    expect(stored).toEqual({ SEGMENT_SHARED_SECRETS: 'canary-one' });
    expect(error).toEqual(new Error('stopped: the secrets after this one are as they were'));
    expect(rawModes.at(-1)).toBe(false);
  });
});
