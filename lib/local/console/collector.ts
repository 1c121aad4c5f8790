import type { Context, SQSEvent } from 'aws-lambda';
import type { MappingSettings } from '../../mapping/mapping-settings.ts';
import type { Salesmachine } from '../../salesmachine/client.ts';
import type { Log, LogFields, LogMessage } from '../../telemetry/log.ts';
import { observeLog } from '../observe-log.ts';
import { createEventJourneys } from './event-journeys.ts';
import { createEventRing } from './event-ring.ts';
import { createIngestObserver } from './ingest-observer.ts';
import { createLanes } from './lanes.ts';
import { createLatencyWindow } from './latency-window.ts';
import type { JourneyStep, RequestRow } from './protocol.ts';
import { createQuotaReader } from './quota-reader.ts';
import { createRateSeries } from './rate-series.ts';
import { createRequestRing } from './request-ring.ts';

type CollectorOptions = {
  now(): number;
  mapping: MappingSettings;
  quota: { requests: number; lanes: number };
};

type WorkerInvoke = (lane: number, event: SQSEvent, context: Context) => Promise<unknown>;

/**
 * What the console knows: it watches the relay's ports (the ingest, the queues' clients, the requests to Salesmachine,
 * the log) and keeps the latest of each, so that its size is bounded. Nothing of the relay depends on it.
 */
export function createCollector({
  now,
  mapping,
  quota: { requests: limit, lanes: laneCount },
}: CollectorOptions) {
  const events = createEventRing();
  const requests = createRequestRing(now);
  const rates = createRateSeries(now);
  const latencies = createLatencyWindow(now);
  const lanes = createLanes(laneCount);
  const quota = createQuotaReader(limit, now);
  const ingest = createIngestObserver(events, mapping, now);
  const journeys = createEventJourneys({
    events,
    lanes,
    now,
    currentSource: ingest.currentSource,
    onAccepted: () => rates.count('accepted'),
    onDelivered(latencyMs) {
      rates.count('delivered');
      latencies.add(latencyMs);
    },
  });

  const observeInvocations =
    (invoke: WorkerInvoke): WorkerInvoke =>
    (lane, event, context) => {
      const messages = event.Records.map(({ messageId, attributes }) => ({
        id: messageId,
        receiveCount: Number(attributes.ApproximateReceiveCount),
      }));
      return journeys.runInLane(lane, messages, () => invoke(lane, event, context));
    };

  const observeSalesmachine = (salesmachine: Salesmachine): Salesmachine => ({
    ...salesmachine,
    async post(path, json, signal) {
      const lane = journeys.currentLane();
      const onAnswer =
        lane === undefined || path === '/v1/ping' ? undefined : requests.start(lane, path, json);
      const result = await salesmachine.post(path, json, signal);
      quota.read(result);
      onAnswer?.(result);
      return result;
    },
  });

  function onLogged(message: LogMessage, fields: LogFields): void {
    const lane = journeys.currentLane();
    if (lane === undefined || message !== 'request completed') return;
    const request = requests.complete(lane, fields);
    if (request === undefined) return;
    lanes.noteAnswer(lane, request.outcome === 'delivered');
    journeys.noteRequest(fields.messageIds ?? [], request.number, toRequestStep(request, fields, now()));
  }

  return {
    queueListener: journeys.queueListener,
    observeIngest: ingest.observe,
    observeInvocations,
    observeSalesmachine,
    observeLog: (log: Log) => observeLog(log, onLogged),
    events,
    requests,
    rates,
    latencies,
    lanes,
    quota,
    ingestMs: ingest.meanMs,
    unusableCount: ingest.unusableCount,
    oldestSentAt: journeys.oldestSentAt,
  };
}

export type Collector = ReturnType<typeof createCollector>;

function toRequestStep(request: RequestRow, { waitMs = 0 }: LogFields, at: number): JourneyStep {
  const accepted = request.outcome === 'delivered';
  const answer = accepted ? `answered ${request.status}` : request.text;
  const facts = [
    `lane ${request.lane + 1}`,
    ...(waitMs > 0 ? [`waited ${formatMs(waitMs)} for its slot`] : []),
    ...(request.events > 1 ? [`with ${request.events - 1} other${request.events === 2 ? '' : 's'}`] : []),
    `${answer} (${formatMs(request.durationMs)})`,
  ];
  return {
    at,
    kind: 'request',
    title: `request #${request.number}: ${describeOutcome(request)}`,
    note: facts.join(', '),
    tone: accepted ? 'good' : 'warn',
  };
}

/** The engine's word for an answer, for a person. */
function describeOutcome({ outcome, status }: RequestRow): string {
  if (outcome === 'delivered') return 'accepted';
  if (outcome === 'throttled') return 'over the quota';
  if (status === null) return 'no answer';
  return status >= 500 ? 'failed' : 'refused';
}

const formatMs = (ms: number) => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);
