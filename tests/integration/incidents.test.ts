import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Fault } from '../../lib/local/salesmachine/fake-faults.ts';
import { createAcceleratedClock } from '../support/accelerated-clock.ts';
import { startTestRelay, type TestRelay } from '../support/relay.ts';
import { runRelayProgram } from '../support/relay-program.ts';
import { until } from '../support/until.ts';

/** What an operator sees of an incident, with the commands and in the log. */
type Sight = {
  /** Lines of `relay status`, in any order, and its exit code. */
  status: RegExp[];
  statusCode: 0 | 1;
  ping: RegExp;
  pingCode: 0 | 1;
  deadLetters: RegExp;
  /** The first line of the log that is a warning or an error; none if everything goes on. */
  log: RegExp | undefined;
};

type Incident = Sight & {
  events?: object[];
  faults?: Fault[];
  env?: Record<string, string>;
  /** Once the events are queued, the credential can no longer be read. */
  losesSecrets?: true;
  /** Time passes ten times as fast, for what takes long to show. */
  isHurried?: true;
};

const events = Array.from({ length: 30 }, (_, index) => ({
  type: 'track',
  event: 'Order Completed',
  userId: `user ${index}`,
  messageId: `m${index}`,
  properties: index === 7 ? { coupon: 'SPRING' } : { revenue: index },
}));

const held = { statusCode: 1, pingCode: 1, deadLetters: /^No dead letters/ } as const;
const everywhere = (status: number): Fault => ({ fault: 'status', status, on: 'everything', share: 1 });
const inBatches = (status: number): Fault => ({ fault: 'status', status, on: 'batch', share: 1 });

const incidents: Record<string, Incident> = {
  '401: the credential was revoked': {
    ...held,
    faults: [everywhere(401)],
    status: [
      /delivery +HELD for .*: Salesmachine rejects the credential \(401\)/,
      /to do +check SALESMACHINE_API_TOKEN/,
    ],
    ping: /^Salesmachine rejects the credential \(401\)/,
    log: /^request completed credential 401/,
  },
  '402: the plan does not include the API': {
    ...held,
    faults: [everywhere(402)],
    status: [/HELD for .*: Salesmachine's plan does not include the API \(402\)/],
    ping: /^Salesmachine's plan does not include the API \(402\)/,
    log: /^request completed configuration 402/,
  },
  '403 with a page: a firewall stands in between': {
    ...held,
    faults: [{ fault: 'firewall', text: '{', status: 403, on: 'everything', share: 1 }],
    status: [/HELD for .*: an HTML page answers \(403\) instead of the API/],
    ping: /^An HTML page answers \(403\) instead of the API/,
    log: /^request completed configuration 403/,
  },
  '403 with a page to the only event there is': {
    ...held,
    events: [{ type: 'track', event: 'Clicked', userId: '7', properties: { url: '<script>' } }],
    faults: [{ fault: 'firewall', text: '<script', status: 403, on: 'everything', share: 1 }],
    status: [/HELD for .*: an HTML page answers/, /to do +perhaps only this event is refused: send another/],
    ping: /^The credential is good\.\nBut delivery is held/,
    log: /^request completed configuration 403/,
  },
  '404 everywhere: the address is wrong': {
    ...held,
    faults: [everywhere(404)],
    status: [/HELD for .*: Salesmachine does not know the address \(404\)/, /to do +check SALESMACHINE_URL/],
    ping: /^Salesmachine does not know the address \(404\)/,
    log: /^request completed configuration 404/,
  },
  '404 to batches only: the API has moved': {
    ...held,
    faults: [inBatches(404)],
    status: [/HELD for .*: Salesmachine does not know the address \(404\)/],
    ping: /^The credential is good\.\nBut delivery is held, though a ping passes: Salesmachine does not know the address \(404\).*\nTo do: ping passes, so the address is right: ask Salesmachine whether \/v1\/batch has changed/,
    log: /^request completed configuration 404/,
  },
  '500 to batches only: part of Salesmachine is down': {
    ...held,
    faults: [inBatches(500)],
    status: [/HELD for .*: Salesmachine answers 500/, /to do +.*delivery resumes by itself; next try in/],
    ping: /^The credential is good\.\nBut delivery is held, though a ping passes: Salesmachine answers 500/,
    log: /^request completed transient 500/,
  },
  '500 everywhere: Salesmachine is down': {
    ...held,
    faults: [everywhere(500)],
    status: [/HELD for .*: Salesmachine answers 500/],
    ping: /^Salesmachine answers 500/,
    log: /^request completed transient 500/,
  },
  '429 to everything: the quota is spent elsewhere': {
    ...held,
    faults: [everywhere(429)],
    status: [
      /HELD for .*: the quota of Salesmachine is used up \(429\)/,
      /to do +see what else sends to this app/,
    ],
    ping: /^The quota of Salesmachine is used up \(429\)/,
    log: /^request completed throttled 429/,
  },
  'no answer at all': {
    ...held,
    isHurried: true,
    faults: [{ fault: 'hang', on: 'everything', share: 1 }],
    status: [/HELD for .*: a request to Salesmachine fails: no answer within 10 s/],
    ping: /^A request to Salesmachine fails: no answer within 10 s/,
    log: /^request completed possibly_applied/,
  },
  'a slow Salesmachine, 3 s an answer': {
    faults: [{ fault: 'slow', seconds: 3, on: 'everything', share: 1 }],
    status: [/delivery +on/, /last delivery \d+ s ago/],
    statusCode: 0,
    ping: /^The credential is good\.\n/,
    pingCode: 0,
    deadLetters: /^No dead letters/,
    log: undefined,
  },
  'refused connections': {
    ...held,
    env: {
      SALESMACHINE_URL: 'http://127.0.0.1:1',
      SALESMACHINE_API_TOKEN: 'token',
      SALESMACHINE_API_SECRET: 'secret',
    },
    status: [
      /HELD for .*: a request to Salesmachine fails: the connection was refused/,
      /to do +.*if it lasts, check SALESMACHINE_URL/,
    ],
    ping: /^A request to Salesmachine fails: the connection was refused/,
    log: /^request completed transient/,
  },
  '422 for one attribute': {
    faults: [{ fault: 'reject', attribute: 'coupon' }],
    status: [/delivery +on/, /dead letters +1: see relay dlq list/],
    statusCode: 0,
    ping: /^The credential is good\.\n/,
    pingCode: 0,
    deadLetters: /1 × rejected \(\d+\): Salesmachine answered \d+: .*coupon/,
    log: /^request completed ambiguous 400/,
  },
  '422 for everything: the API has changed': {
    faults: [inBatches(422)],
    status: [/HELD for .*: Salesmachine rejects every request \(422\): The request cannot be processed/],
    statusCode: 1,
    ping: /^The credential is good\.\nBut delivery is held, though a ping passes: Salesmachine rejects every request/,
    pingCode: 1,
    deadLetters: /^(?:[1-9]|10) dead letters? of 1 cause/,
    log: /^request completed rejected 422/,
  },
  'SSM does not give the credential': {
    ...held,
    faults: [everywhere(500)],
    losesSecrets: true,
    status: [/HELD for .*: the credential of Salesmachine cannot be read from SSM/],
    ping: /^The credential of Salesmachine cannot be read from SSM/,
    log: /^request completed transient/,
  },
};

type Seen = Record<'status' | 'ping' | 'list', { stdout: string; code: number }> & {
  log: string | undefined;
};

async function play({ faults = [], env = {}, losesSecrets, isHurried, ...sight }: Incident): Promise<Seen> {
  let hasSecrets = true;
  const settings = { RATE_LIMIT_REQUESTS: '100000', ...env };
  const clock = createAcceleratedClock();
  if (isHurried) clock.accelerate(10);
  const relay = await startTestRelay(settings, {
    clock,
    async readEnvironment(read) {
      if (!hasSecrets) throw new Error('SSM does not answer.');
      return read;
    },
  });
  if (faults.length > 0) await relay.post('/local/salesmachine/faults', faults);
  expect((await relay.post('/segment', sight.events ?? events)).status).toBe(200);
  hasSecrets = losesSecrets !== true;
  const relayEnv = { RELAY_URL: relay.url };
  const run = (...args: string[]) => runRelayProgram(args, relayEnv);
  const status = await until('the status shows the incident', async () => {
    const shown = await run('status');
    return sight.status.every((line) => line.test(shown.stdout)) ? shown : undefined;
  }).catch(() => run('status'));
  const [ping, list] = [await run('ping'), await run('dlq', 'list')];
  return { status, ping, list, log: findFirstProblem(relay) };
}

function findFirstProblem({ lines }: TestRelay): string | undefined {
  const line = lines.find(({ level }) => level === 'warn' || level === 'error');
  const { outcome, cause, reason, status } = line?.fields ?? {};
  return line && [line.message, outcome ?? cause ?? reason, status].filter(Boolean).join(' ');
}

const seen = new Map<string, Seen>();

// All at once: some take as long as Salesmachine may take to answer.
beforeAll(async () => {
  await Promise.all(
    Object.entries(incidents).map(async ([name, incident]) => seen.set(name, await play(incident))),
  );
});

describe('an operator is told the cause', () => {
  test.each(Object.entries(incidents))('%s', (name, sight) => {
    const { status, ping, list, log } = seen.get(name) ?? {};
    for (const line of sight.status) expect(status?.stdout).toMatch(line);
    expect(status?.code).toBe(sight.statusCode);
    expect(ping?.stdout).toMatch(sight.ping);
    expect(ping?.code).toBe(sight.pingCode);
    expect(list?.stdout).toMatch(sight.deadLetters);
    if (sight.log === undefined) expect(log).toBeUndefined();
    else expect(log).toMatch(sight.log);
  });
});
