import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { print, table } from './table.ts';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '../..');

const SIZES = [10_000, 100_000, 1_000_000];
const HEAD = ['events', 'accepted', 'seconds', 'events/s', 'MB at most', 'MB of heap at the end'];
const USERS = 20_000;
const TOKEN = 'bench';
/** So that the relay's own backlog stays small. */
const QUIET_AND_FAST = { RATE_LIMIT_REQUESTS: '30000', POWERTOOLS_LOG_LEVEL: 'ERROR' };
const TIMEOUT_MS = 900_000;

/** Makes a process say at its end how much memory it had at most, and how much of its heap is still in use. */
const REPORT_MEMORY = `data:text/javascript,process.on("exit", () => {
  globalThis.gc();
  console.error(JSON.stringify({ peak: process.resourceUsage().maxRSS * 1024, heap: process.memoryUsage().heapUsed }));
})`;

/** Sends ever longer files with `relay send` to a local relay: its memory must not grow with them. */
export async function benchSend(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'relay-send-'));
  const { relay, url } = await startRelay();
  try {
    const rows: string[][] = [];
    for (const events of SIZES) {
      const file = join(directory, `${events}.ndjson`);
      await pipeline(Readable.from(generateLines(events)), createWriteStream(file));
      const startedAt = performance.now();
      const { accepted, peak, heap } = await send(file, url);
      const seconds = (performance.now() - startedAt) / 1_000;
      const figures = [accepted, seconds, accepted / seconds, peak, heap];
      rows.push([events, ...figures].map((figure) => figure.toFixed(0)));
      await rm(file);
    }
    print(table([HEAD, ...rows]));
  } finally {
    relay.kill();
    await rm(directory, { recursive: true });
  }
}

function* generateLines(events: number): Generator<string> {
  for (let number = 0; number < events; number += 1) {
    const event = {
      type: 'track',
      event: 'Order Completed',
      userId: `user-${number % USERS}`,
      messageId: `message-${number}`,
      properties: { revenue: 9.5, number },
    };
    yield `${JSON.stringify(event)}\n`;
  }
}

async function startRelay(): Promise<{ relay: ChildProcess; url: string }> {
  const relay = spawn(process.execPath, ['lib/local/main.ts'], {
    cwd: repository,
    env: { ...process.env, PORT: '0', INGEST_TOKENS: TOKEN, ...QUIET_AND_FAST },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: relay.stdout })) {
    const url = /^relay listening on (\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    relay.stdout.resume();
    return { relay, url };
  }
  const [code] = await once(relay, 'exit');
  throw new Error(`The local relay ended with ${code} before it was ready.`);
}

/** Memory in megabytes. */
async function send(file: string, url: string): Promise<{ accepted: number; peak: number; heap: number }> {
  const words = [
    'lib/cli/relay-command.ts',
    'send',
    file,
    '--url',
    `${url}/segment`,
    '--token',
    TOKEN,
    '--json',
  ];
  const options = ['--expose-gc', `--import=${REPORT_MEMORY}`];
  const { stdout, stderr } = await run(process.execPath, [...options, ...words], {
    cwd: repository,
    timeout: TIMEOUT_MS,
  });
  const { peak, heap } = JSON.parse(stderr);
  return { accepted: JSON.parse(stdout).accepted, peak: peak / 1_000_000, heap: heap / 1_000_000 };
}
