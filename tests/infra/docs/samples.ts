import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { COMPILE_CACHE } from '../../support/compile-cache.ts';
import { until } from '../../support/until.ts';
import { repository } from './pages.ts';

/** Commands of a page that are run, and what they print if the page shows it. */
const SAMPLE = /^```sh run\n(.*?)^```\n(?:```(\w+) output\n(.*?)^```\n)?/gms;

const DOCUMENTED_URL = 'http://127.0.0.1:3000';

/** What differs from run to run. */
const VOLATILE: readonly [RegExp, string][] = [
  [/\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z| UTC)?/g, 'TIME'],
  [/demo-[a-z\d]+/g, 'MESSAGE'],
  [/"event":"[^"]*"/g, '"event":"NAME"'],
  [/dlq show \S+/g, 'dlq show ID'],
  [/(last delivery +)\S+ \S+ ago/g, '$1AGO'],
  [/ replayed in \d+ s, [\d,]+ a second/g, ' replayed'],
  [/[\d,]+ requests left/g, 'N requests left'],
];

/** A text without what differs from run to run. */
export const withoutVolatile = (text: string): string =>
  VOLATILE.reduce((rest, [pattern, name]) => rest.replace(pattern, name), text);

/** The pages that show what their commands print. */
export const SAMPLE_PAGES: readonly string[] = ['README.md', 'docs/local.md'];

/** With these the README starts the relay. */
export const README_SETTINGS = { INGEST_TOKENS: 'try-me' };

const execute = promisify(execFile);
const stateSchema = v.object({ queued: v.number(), inFlight: v.number() });

/** The page as it would be with what its commands print now: the same if that differs only in what is volatile. */
export async function runSamples(page: string, settings: Record<string, string>): Promise<string> {
  const relay = await startRelay(settings);
  try {
    const outputs: string[] = [];
    for (const [, commands = ''] of page.matchAll(SAMPLE)) {
      await waitUntilDrained(relay.url);
      outputs.push(await runCommands(commands, relay.url));
    }
    return page.replace(SAMPLE, (sample, commands: string, language: string | undefined, shown: string) => {
      const printed = outputs.shift() ?? '';
      if (language === undefined || withoutVolatile(printed) === withoutVolatile(shown)) return sample;
      return `\`\`\`sh run\n${commands}\`\`\`\n\`\`\`${language} output\n${printed}\`\`\`\n`;
    });
  } finally {
    await relay.stop();
  }
}

const environment = (more: Record<string, string>) => ({
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '',
  ...COMPILE_CACHE,
  ...more,
});

async function startRelay(settings: Record<string, string>) {
  const child = spawn('npm', ['start'], {
    cwd: repository,
    // Any port: 3000 may be in use.
    env: environment({ ...settings, PORT: '0' }),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const url = await until('the relay listens', () => /relay listening on (\S+)/.exec(output)?.[1]);
  return { url, stop: () => stop(child) };
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve());
    child.kill('SIGINT');
  });
}

/** Resolves when every event that was accepted is delivered or a dead letter: a reader is slower than a test. */
const waitUntilDrained = (url: string) =>
  until('the queue is empty', async () => {
    const { queued, inFlight } = v.parse(stateSchema, await (await fetch(`${url}/local/state`)).json());
    return queued + inFlight === 0;
  });

async function runCommands(commands: string, url: string): Promise<string> {
  const code = commands.replaceAll(DOCUMENTED_URL, url);
  const { stdout } = await execute('bash', ['-e', '-o', 'pipefail', '-c', code], {
    cwd: repository,
    env: environment({ RELAY_URL: url }),
  });
  return `${stdout.replaceAll(url, DOCUMENTED_URL).trimEnd()}\n`;
}
