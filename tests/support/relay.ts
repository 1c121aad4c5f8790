import { afterEach } from '@jest/globals';
import type { Environment } from '../../lib/config/config.ts';
import { readLocalConfig } from '../../lib/local/local-config.ts';
import { type Relay, startRelay } from '../../lib/local/relay.ts';
import type { FakeSalesmachineState } from '../../lib/local/salesmachine/fake-salesmachine.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { sign } from '../../lib/segment/signature.ts';
import type { Log } from '../../lib/telemetry/log.ts';
import { type LogLine, recordingLog } from './log.ts';
import { patientClock } from './patient-clock.ts';
import { until } from './until.ts';

export const SHARED_SECRET = 'a-shared-secret';
export const TOKEN = 'a-token';

export type TestRelay = Relay & {
  lines: LogLine[];
  /** Posts with the token; what is not a string is sent as JSON. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Posts as Segment does: signed, and an array by its first element. */
  postSigned(body: unknown): Promise<Response>;
  /** What the fake Salesmachine holds once the queue is empty. */
  drained(): Promise<FakeSalesmachineState>;
};

const running = new Set<Relay>();

const endedBefore: (() => Promise<void>)[] = [];

/** Has a task run after each test before its relays stop: a page that is still open would miss its relay. */
export function beforeRelaysStop(task: () => Promise<void>): void {
  endedBefore.push(task);
}

afterEach(async () => {
  for (const task of endedBefore) await task();
  await Promise.all([...running].map((relay) => relay.stop()));
  running.clear();
});

type TestRelayOptions = {
  /** Where its log goes, too. */
  log?: Log;
  /** Reads the settings again, as from SSM. */
  readEnvironment?: (env: Environment) => Promise<Environment>;
  clock?: Clock;
};

/** A relay with a fake Salesmachine, on any free port, with the settings of `env`; it is stopped after the test. */
export async function startTestRelay(
  env: Environment = {},
  { log: alsoTo, readEnvironment = async (read) => read, clock = patientClock }: TestRelayOptions = {},
): Promise<TestRelay> {
  const log = recordingLog(alsoTo);
  const settings = { PORT: '0', SEGMENT_SHARED_SECRETS: SHARED_SECRET, INGEST_TOKENS: TOKEN, ...env };
  const config = readLocalConfig(settings, () => 'made-up');
  const get = () => readEnvironment(config.environment);
  const environment = { get, refreshIfOlderThan: async () => true };
  const relay = await startRelay({ config, environment, log, clock });
  running.add(relay);

  const send = (path: string, body: unknown, headers: Record<string, string>) =>
    fetch(`${relay.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  return {
    ...relay,
    lines: log.lines,
    post: (path, body, headers = { authorization: `Bearer ${TOKEN}` }) => send(path, body, headers),
    postSigned(body) {
      const signed = JSON.stringify(Array.isArray(body) ? body[0] : body);
      return send('/segment', body, { 'x-signature': sign(signed, SHARED_SECRET) });
    },
    async drained() {
      await until('the queue is empty', async () => {
        const { queued, inFlight } = await relay.state();
        return queued + inFlight === 0;
      });
      return (
        relay.fakeSalesmachine?.state() ?? {
          contacts: {},
          accounts: {},
          contactAccounts: {},
          events: [],
          aliases: [],
          operations: [],
        }
      );
    },
  };
}
