import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { realRelay } from '../simulation/relays/real-relay.ts';
import { simulate, type World } from '../simulation/simulation.ts';
import type { BenchResult, Row } from './bench.ts';
import { PRICES } from './prices.ts';
import { markdown } from './table.ts';
import { meter, type Usage } from './usage.ts';

const MONTH_SECONDS = 30.4 * 86_400;
const MILLION = 1_000_000;
const GB = 1_024 ** 3;

/** As in serverless.yml. */
const INGEST_GB = 1;
const WORKER_GB = 0.5;

/**
 * The ingest's computing, for which the simulation takes no time. Measured, and three times that: Lambda gives half a
 * CPU.
 */
const CPU_MS = { webhook: 2, event: 0.15 };

/** API Gateway's access log, and Lambda's own START, END and REPORT. */
const ACCESS_LOG_BYTES = 250;
const LAMBDA_LOG_BYTES = 350;

/** An event source mapping asks an empty queue with five pollers, 20 s each. Source: Lambda's documentation. */
const IDLE_POLLS_PER_SECOND = 5 / 20;

/** `quota`: how many times Salesmachine's of today; with ten lanes where it is more. */
type Rate = { perSecond: number; perWebhook: number; seconds: number; quota?: number };

const rates: Rate[] = [
  { perSecond: 1, perWebhook: 1, seconds: 1_800 },
  { perSecond: 30, perWebhook: 1, seconds: 600 },
  { perSecond: 30, perWebhook: 100, seconds: 600 },
  { perSecond: 290, perWebhook: 1, seconds: 300 },
  { perSecond: 290, perWebhook: 100, seconds: 300 },
  { perSecond: 2_900, perWebhook: 100, seconds: 60, quota: 10 },
];

/** What a month costs in US dollars at a rate of events, by what it is spent on. */
async function monthlyCosts({ perSecond, perWebhook, seconds, quota = 1 }: Rate) {
  const requests = 900 * quota;
  const lanes = quota === 1 ? 2 : 10;
  const { relay, usage } = meter(realRelay({ RATE_LIMIT_REQUESTS: String(requests), LANES: String(lanes) }));
  const events = perSecond * seconds;
  const world: World = {
    segment: { events, perSecond, perWebhook, users: 20_000 },
    salesmachine: { quota: { requests, windowMs: 300_000, kind: 'fixed' } },
    lanes,
  };
  await simulate(relay, world, 1);
  return computeCosts(usage, {
    months: seconds / MONTH_SECONDS,
    webhooks: events / perWebhook,
    events,
    seconds,
  });
}

function computeCosts(
  { sqsCalls, ingest, worker, logBytes, metrics }: Usage,
  {
    months,
    webhooks,
    events,
    seconds,
  }: { months: number; webhooks: number; events: number; seconds: number },
) {
  const cpuMs = webhooks * CPU_MS.webhook + events * CPU_MS.event;
  // The mapping receives and deletes for each invocation, and in vain where the workers leave it nothing.
  const mappingCalls = 2 * worker.invocations + IDLE_POLLS_PER_SECOND * seconds;
  const invocations = ingest.invocations + worker.invocations;
  const bytes = logBytes + webhooks * ACCESS_LOG_BYTES + invocations * LAMBDA_LOG_BYTES;
  const gigabyteSeconds = ((ingest.ms + cpuMs) * INGEST_GB + worker.ms * WORKER_GB) / 1_000;
  const used = {
    'HTTP API': (webhooks / MILLION) * PRICES.httpApi,
    Lambda: (invocations / MILLION) * PRICES.invocations + gigabyteSeconds * PRICES.gigabyteSecond,
    SQS: ((sqsCalls + mappingCalls) / MILLION) * PRICES.sqs,
    logs: (bytes / GB) * PRICES.logs,
  };
  const perMonth = Object.entries(used).map(([name, cost]): [string, number] => [name, cost / months]);
  const fixed = metrics.size * PRICES.metric + alarmMetrics() * PRICES.alarmMetric + PRICES.dashboard;
  return new Map<string, number>([...perMonth, ['metrics, alarms, dashboard', fixed]]);
}

const infrastructure = new URL('../../lib/infrastructure/', import.meta.url);

/** How many metrics the alarms watch: each is paid for. */
function alarmMetrics(): number {
  const alarms = readdirSync(infrastructure)
    .filter((file) => file.endsWith('alarms.yml'))
    .map((file) => readFileSync(new URL(file, infrastructure), 'utf8'))
    .flatMap((text) => Object.values(parseResources(text)))
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  return alarms.reduce(
    (sum, { Properties: { Metrics } }) =>
      sum + (Metrics ? Metrics.filter(({ MetricStat }) => MetricStat).length : 1),
    0,
  );
}

type Alarm = { Type: string; Properties: { Metrics?: { MetricStat?: unknown }[] } };

const parseResources = (text: string): Record<string, Alarm> =>
  parse(text, { merge: true, logLevel: 'error', maxAliasCount: -1 }).Resources;

/** What the stack costs, by rate; the details are the table of docs/costs.md. */
export async function benchCosts(): Promise<BenchResult> {
  const rows: Row[] = [];
  const lines: string[][] = [];
  let parts: string[] = [];
  for (const rate of rates) {
    const costs = await monthlyCosts(rate);
    parts = [...costs.keys()];
    const month = [...costs.values()].reduce((sum, cost) => sum + cost, 0);
    const millions = (rate.perSecond * MONTH_SECONDS) / MILLION;
    const cells = [...costs.values(), month, month / millions].map((cost) => cost.toFixed(2));
    lines.push([`${rate.perSecond}`, `${rate.perWebhook}`, millions.toFixed(1), ...cells]);
    rows.push({
      figure: `AWS, ${rate.perSecond.toLocaleString('en')} events a second, ${rate.perWebhook} in a webhook`,
      value: month,
      unit: '$ a month',
    });
  }
  const head = ['events/s', 'events a webhook', 'million a month', ...parts, 'a month', 'a million events'];
  return { rows, details: markdown([head, ...lines]) };
}
