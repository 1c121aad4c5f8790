import type { Sqs } from '../../lib/sqs/sqs-client.ts';
import { toEmf } from '../../lib/telemetry/emf.ts';
import type { Log, LogMessage } from '../../lib/telemetry/log.ts';
import { type LogFields, pickKnownFields } from '../../lib/telemetry/log-fields.ts';
import { toMetrics } from '../../lib/telemetry/metrics.ts';
import type { Relay } from '../simulation/simulation.ts';

/** What the relay uses of AWS; what AWS's own parts use on its behalf is not in it. */
export type Usage = {
  sqsCalls: number;
  ingest: { invocations: number; ms: number };
  worker: { invocations: number; ms: number };
  logBytes: number;
  /** Custom metrics, by name and dimension. */
  metrics: Set<string>;
};

/** What Powertools puts around the fields of a line. */
const LINE = {
  level: 'INFO',
  timestamp: '2026-01-01T00:00:00.000Z',
  service: 'worker',
  sampling_rate: 0,
  xray_trace_id: '1-00000000-000000000000000000000000',
  requestId: '00000000-0000-0000-0000-000000000000',
  lane: '00000000',
};
const NAMESPACE = 'segment-salesmachine-relay/prod';

/** The longest that Segment's libraries make. */
const MESSAGE_ID = 'ajs-next-1700000000000-00000000-0000-0000-0000-000000000000';

/** The same relay, and what it uses. */
export function meter(relay: Relay): { relay: Relay; usage: Usage } {
  const usage: Usage = {
    sqsCalls: 0,
    ingest: { invocations: 0, ms: 0 },
    worker: { invocations: 0, ms: 0 },
    logBytes: 0,
    metrics: new Set(),
  };

  const write = (message: LogMessage, given: LogFields) => {
    const fields = pickKnownFields(given);
    const metrics = toMetrics(message, fields);
    for (const { name, dimension } of metrics)
      usage.metrics.add(dimension ? `${name} ${fields[dimension]}` : name);
    const messageIds = fields.messageIds?.map(() => MESSAGE_ID);
    const line = {
      ...LINE,
      message,
      ...fields,
      messageIds,
      ...toEmf(metrics, NAMESPACE, 1_767_225_600_000),
    };
    usage.logBytes += Buffer.byteLength(JSON.stringify(line)) + 1;
  };
  const log: Log = { debug: () => undefined, info: write, warn: write, error: write };

  const meterSqs = (sqs: Sqs): Sqs => {
    const send = sqs.send.bind(sqs);
    return {
      send: new Proxy(send, {
        apply(target, self, parameters) {
          usage.sqsCalls += 1;
          return Reflect.apply(target, self, parameters);
        },
      }),
    };
  };

  const measureTime =
    <Parameters extends unknown[], Result>(
      used: { invocations: number; ms: number },
      now: () => number,
      run: (...parameters: Parameters) => Promise<Result>,
    ) =>
    async (...parameters: Parameters): Promise<Result> => {
      const startedAt = now();
      try {
        return await run(...parameters);
      } finally {
        used.invocations += 1;
        used.ms += now() - startedAt;
      }
    };

  return {
    usage,
    relay: {
      ...relay,
      createIngest: (ports) =>
        measureTime(
          usage.ingest,
          ports.clock.now,
          relay.createIngest({ ...ports, sqs: meterSqs(ports.sqs), log }),
        ),
      createWorker: (ports) =>
        measureTime(
          usage.worker,
          ports.clock.now,
          relay.createWorker({ ...ports, sqs: meterSqs(ports.sqs), log }),
        ),
    },
  };
}
