import type { DeliveryStatus } from '../../local/api-schema.ts';
import { style } from '../../runtime/terminal-text.ts';
import { type Diagnosis, diagnose } from '../diagnosis.ts';
import { formatNumber, pluralize } from '../dlq/format.ts';
import { formatDuration } from '../progress.ts';
import type { Status } from './fetch-status.ts';

/** Whether something keeps events from being delivered. */
export const isHeld = ({ delivery }: Pick<Status, 'delivery'>): boolean =>
  delivery !== null && (delivery.state !== 'closed' || delivery.cause !== null);

/** The status for people, a line for each fact; `now` in milliseconds since the epoch. */
export function formatStatus(status: Status, title: string, now: number): string[] {
  const { mappingOn, queued, inFlight, oldestAgeSeconds, flow, deadLetters } = status;
  const worker = { true: 'on', false: style('red', 'OFF: nothing is delivered'), null: 'unknown' };
  const age = oldestAgeSeconds === null ? '' : `, the oldest for ${formatDuration(oldestAgeSeconds)}`;
  const rows: [name: string, text: string][] = [
    ...formatDelivery(status.delivery, now),
    ['worker', worker[`${mappingOn}`]],
    ['main queue', `${formatNumber(queued)} waiting, ${formatNumber(inFlight)} in flight${age}`],
    flow === null
      ? ['last hour', 'unknown']
      : [flow.period, `${pluralize(flow.sent, 'event')} came in, ${formatNumber(flow.done)} went out`],
    ['dead letters', deadLetters === 0 ? 'none' : `${formatNumber(deadLetters)}: see relay dlq list`],
  ];
  return [
    `${title[0]?.toUpperCase()}${title.slice(1)}`,
    ...rows.map(([name, text]) => `  ${name.padEnd(13)} ${text}`),
  ];
}

function formatDelivery(delivery: DeliveryStatus | null, now: number): [name: string, text: string][] {
  if (delivery === null) return [['delivery', 'unknown']];
  const { lastDeliveredAt, quotaRemaining, retrying } = delivery;
  return [
    ...formatHold(delivery, now),
    ['last delivery', lastDeliveredAt === null ? 'none known' : `${formatAgo(lastDeliveredAt, now)} ago`],
    ...(quotaRemaining === null
      ? []
      : [['quota', `${pluralize(quotaRemaining, 'request')} left`] satisfies [string, string]]),
    ...(retrying === null || retrying.messages === 0
      ? []
      : [['retries', formatRetries(retrying, now)] satisfies [string, string]]),
  ];
}

function formatHold(delivery: DeliveryStatus, now: number): [name: string, text: string][] {
  if (!isHeld({ delivery })) return [['delivery', 'on']];
  const { since, nextTryAt } = delivery;
  const { problem, advice } = diagnoseHold(delivery);
  const duration = since === null ? '' : ` for ${formatAgo(since, now)}`;
  const next =
    nextTryAt === null ? '' : `; next try in ${formatDuration(Math.max(0, nextTryAt - now) / 1_000)}`;
  return [
    ['delivery', style('red', `HELD${duration}: ${problem}`)],
    ['to do', `${advice}${next}`],
  ];
}

/** For a hold of which only the cause is known, from metrics. */
const diagnosisByCause: ReadonlyMap<string | null, Diagnosis> = new Map([
  [
    'credential',
    {
      problem: 'Salesmachine rejects the credential',
      advice: 'see relay ping; check SALESMACHINE_API_TOKEN and SALESMACHINE_API_SECRET',
    },
  ],
  [
    'configuration',
    {
      problem: "Salesmachine's address, plan or API is not what the relay expects",
      advice: 'see relay ping, and the status and words in relay logs',
    },
  ],
  [
    'outage',
    {
      problem: 'Salesmachine fails or does not answer',
      advice: 'see relay ping; delivery resumes by itself',
    },
  ],
]);

/** What a hold is about. */
export function diagnoseHold({ cause, status, text }: DeliveryStatus): Diagnosis {
  const answer = { status, failure: null, text: null };
  if (status === null && cause === 'throttled') return diagnose({ ...answer, status: 429 });
  if (status === null && text !== null) return diagnose({ ...answer, failure: text });
  const byCause = status === null ? diagnosisByCause.get(cause) : undefined;
  return byCause ?? diagnose({ ...answer, text });
}

function formatRetries({ messages, nextAt }: NonNullable<DeliveryStatus['retrying']>, now: number): string {
  const due = nextAt === null ? '' : `, the first in ${formatDuration(Math.max(0, nextAt - now) / 1_000)}`;
  return `${pluralize(messages, 'message')} ${messages === 1 ? 'waits' : 'wait'} for a retry${due}`;
}

const formatAgo = (moment: number, now: number) => formatDuration(Math.max(0, now - moment) / 1_000);
