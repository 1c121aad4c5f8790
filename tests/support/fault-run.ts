import { readLocalConfig } from '../../lib/local/local-config.ts';
import { startRelay } from '../../lib/local/relay.ts';
import { createAcceleratedClock } from './accelerated-clock.ts';
import { checkDeliveries, type Deliveries } from './deliveries.ts';
import { recordingLog } from './log.ts';
import { FAULTS, startUnreliableSalesmachine } from './unreliable-salesmachine.ts';
import { until } from './until.ts';
import { postEvents } from './webhooks.ts';

/** Each fault lasts until so many requests have met it: in an outage the last ones are pings. */
const MIN_HITS = 4;

type FaultRunOptions = {
  /** A multiple of `users`, which is a multiple of 20. */
  events: number;
  users: number;
  /** After which the relay gives up a request that hangs. */
  timeoutMs: number;
  /** How many times as fast time passes. */
  haste?: number;
};

export type FaultRun = Deliveries & {
  /** Delivered twice although Salesmachine had confirmed the first time. */
  unexplained: string[];
  /** Deliveries that were not the first of their event. */
  repetitions: number;
  /** Events of which the relay's log says that they may be delivered twice. */
  repetitionsLogged: number;
  deadLettered: number;
  requests: number;
  /** Requests that met each fault. */
  hits: Record<string, number>;
};

/**
 * The whole relay, through SQS's own protocol, while Salesmachine has one fault after the other: an equal part of the
 * events is posted during each, and the next one comes once they are delivered.
 */
export async function runFaults({ events, users, timeoutMs, haste = 1 }: FaultRunOptions): Promise<FaultRun> {
  const credential = { token: 'api-token', secret: 'api-secret' };
  const token = 'a-token';
  const clock = createAcceleratedClock();
  clock.accelerate(haste);
  const salesmachine = await startUnreliableSalesmachine(credential, clock.now);
  const config = readLocalConfig(
    {
      PORT: '0',
      INGEST_TOKENS: token,
      SALESMACHINE_URL: salesmachine.url,
      SALESMACHINE_API_TOKEN: credential.token,
      SALESMACHINE_API_SECRET: credential.secret,
      RATE_LIMIT_REQUESTS: '300',
      RATE_LIMIT_WINDOW_SECONDS: '10',
    },
    () => '',
  );
  const worker = { ...config.worker, salesmachine: { ...config.worker.salesmachine, timeoutMs } };
  const log = recordingLog();
  const relay = await startRelay({ config: { ...config, worker }, log, clock });
  const boundary = (index: number) => Math.round((events * index) / FAULTS.length);

  const isDrained = async () => {
    const { queued, inFlight } = await relay.state();
    return queued + inFlight === 0;
  };

  try {
    for (const [index, fault] of FAULTS.entries()) {
      salesmachine.inject(fault);
      await postEvents(boundary(index), boundary(index + 1), { url: `${relay.url}/segment`, token, users });
      await until(`requests have met it: ${fault.name}`, () => salesmachine.hits(fault) >= MIN_HITS);
      salesmachine.inject();
      await until(`all is delivered after: ${fault.name}`, isDrained);
    }

    const applied = salesmachine.applied();
    const deliveries = checkDeliveries(applied, users, events / users);
    const unconfirmed = new Set(salesmachine.unconfirmed().map(({ messageId }) => messageId));
    const { deadLettered, requests } = await relay.state();
    return {
      ...deliveries,
      unexplained: [...deliveries.twice].filter((id) => !unconfirmed.has(id)),
      repetitions: applied.length - new Set(applied.map(({ messageId }) => messageId)).size,
      repetitionsLogged: log.lines
        .filter(({ fields }) => fields['mayBeDuplicated'] === true)
        .reduce((sum, { fields }) => sum + Number(fields['events']), 0),
      deadLettered,
      requests,
      hits: Object.fromEntries(FAULTS.map((fault) => [fault.name, salesmachine.hits(fault)])),
    };
  } finally {
    await relay.stop();
    await salesmachine.stop();
  }
}
