import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '../..');

export const TOKEN = 'bench';

/** So that neither the quota nor the log is what is measured. */
const QUIET_AND_FAST = { RATE_LIMIT_REQUESTS: '30000', POWERTOOLS_LOG_LEVEL: 'ERROR' };
const TIMEOUT_MS = 900_000;

/** Makes a process say at its end how much memory it had at most, and how much of its heap is still in use. */
const REPORT_MEMORY = `data:text/javascript,process.on("exit", () => {
  globalThis.gc();
  console.error(JSON.stringify({ peak: process.resourceUsage().maxRSS * 1024, heap: process.memoryUsage().heapUsed }));
})`;
const NODE_OPTIONS = ['--expose-gc', `--import=${REPORT_MEMORY}`];

/** In megabytes. */
export type Memory = { peak: number; heap: number };

export type LocalRelay = {
  url: string;
  /** Posts to `/segment`. @throws if it is not accepted */
  post(body: string): Promise<void>;
  /** A number of `GET /local/state`. */
  count(what: 'delivered' | 'deadLettered'): Promise<number>;
  /** Runs a `relay` command against it. */
  command(...words: string[]): Promise<{ stdout: string; seconds: number; memory: Memory }>;
  /** Megabytes that its process has in memory now. */
  residentMb(): Promise<number>;
  stop(): Promise<Memory>;
};

/** The local relay as `npm start` runs it, in a process of its own. */
export async function startLocalRelay(): Promise<LocalRelay> {
  const child = spawn(process.execPath, [...NODE_OPTIONS, ...readOptions('start'), 'lib/local/main.ts'], {
    cwd: repository,
    env: { ...process.env, PORT: '0', INGEST_TOKENS: TOKEN, ...QUIET_AND_FAST },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log = (log + chunk).slice(-2_000);
  });
  const url = await readUrl(child, child.stdout);
  return {
    url,
    post: async (body) => {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
      const response = await fetch(`${url}/segment`, { method: 'POST', headers, body });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`The relay answered a webhook with ${response.status}.`);
    },
    count: async (what) => {
      const response = await fetch(`${url}/local/state`);
      return JSON.parse(await response.text())[what];
    },
    command: async (...words) => {
      const startedAt = performance.now();
      const { stdout, stderr } = await run(
        process.execPath,
        [...NODE_OPTIONS, ...readOptions('relay'), 'lib/cli/relay-command.ts', ...words],
        {
          cwd: repository,
          env: { ...process.env, RELAY_URL: url },
          timeout: TIMEOUT_MS,
          maxBuffer: 2 ** 30,
        },
      );
      const seconds = (performance.now() - startedAt) / 1_000;
      return { stdout, seconds, memory: parseMemory(stderr) };
    },
    residentMb: () => readResidentMb(child),
    stop: async () => {
      const closed = once(child, 'close');
      child.kill();
      await closed;
      return parseMemory(log);
    },
  };
}

/** What `npm run` gives to node. */
function readOptions(script: 'start' | 'relay'): string[] {
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  return scripts[script].split(' ').filter((word: string) => word.startsWith('--'));
}

/** Megabytes that a process has in memory now. */
async function readResidentMb({ pid }: ChildProcess): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', `${pid}`]);
  return (Number(stdout) * 1_024) / 1_000_000;
}

async function readUrl(child: ChildProcess, stdout: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stdout })) {
    const url = /^relay listening on (\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    stdout.resume();
    return url;
  }
  const [code] = await once(child, 'exit');
  throw new Error(`The local relay ended with ${code} before it was ready.`);
}

function parseMemory(log: string): Memory {
  const { peak, heap } = JSON.parse(log.trim().split('\n').at(-1) ?? '');
  return { peak: peak / 1_000_000, heap: heap / 1_000_000 };
}
