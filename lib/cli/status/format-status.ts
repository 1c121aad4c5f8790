import type { DeliveryStatus } from '../../local/api-schema.ts';
import { style } from '../../runtime/terminal-text.ts';
import { CHECK_CREDENTIAL, type Diagnosis, diagnose } from '../diagnosis.ts';
import { formatNumber, pluralize } from '../format-text.ts';
import { formatDuration } from '../progress.ts';
import type { Status } from './fetch-status.ts';

const isPaused = ({ state, cause }: DeliveryStatus) => state !== 'closed' || cause !== null;

/** Whether other lanes have delivered since one is held: what that one holds is then the problem of its events. */
const deliversBesides = ({ lanes, since, lastDeliveredAt }: DeliveryStatus) =>
  lanes !== null && lanes.held < lanes.total && since !== null && (lastDeliveredAt ?? 0) > since;

/** Whether something keeps events from being delivered. */
export const isHeld = ({ delivery }: Pick<Status, 'delivery'>): boolean =>
  delivery !== null && isPaused(delivery) && !deliversBesides(delivery);

/** So many requests that fail one after the other are no chance. */
const MIN_FAILING = 3;

/**
 * Whether Salesmachine fails what waits, though nothing pauses delivery yet: that takes up to a minute where each
 * request runs into its time-out. What failed alone while others passed is the problem of its events.
 */
export const isFailing = ({
  delivery,
  queued,
  inFlight,
}: Pick<Status, 'delivery' | 'queued' | 'inFlight'>): boolean =>
  delivery !== null &&
  !isPaused(delivery) &&
  (delivery.failing?.requests ?? 0) >= MIN_FAILING &&
  queued + inFlight > (delivery.retrying?.messages ?? 0);

/** The status for people, a line for each fact; `now` in milliseconds since the epoch. */
export function formatStatus(status: Status, title: string, now: number): string[] {
  const { mappingOn, queued, inFlight, oldestAgeSeconds, flow, deadLetters } = status;
  const worker = { true: 'on', false: style('red', 'OFF: nothing is delivered'), null: 'unknown' };
  // A metric may tell of messages that have left the queue since.
  const age =
    oldestAgeSeconds === null || queued + inFlight === 0
      ? ''
      : `, the oldest for ${formatDuration(oldestAgeSeconds)}`;
  const rows: Row[] = [
    ...(mappingOn === false ? formatOff() : formatDelivery(status, now)),
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

type Row = [name: string, text: string];

const formatOff = (): Row[] => [
  ['delivery', style('red', 'OFF: the worker is disabled, and events wait in the queue')],
  ['to do', "enable the worker's event source mapping in Lambda: docs/operations.md says how"],
];

/** Salesmachine usually answers within some hundred milliseconds. */
const SLOW_MS = 1_000;

function formatDelivery(status: Status, now: number): Row[] {
  const { delivery } = status;
  if (delivery === null) return [['delivery', 'unknown']];
  const { lastDeliveredAt, lastRequestMs, retrying } = delivery;
  const isSlow = lastRequestMs !== null && lastRequestMs >= SLOW_MS;
  const took = isSlow ? `; the last request took ${(lastRequestMs / 1_000).toFixed(1)} s` : '';
  const quota = findQuotaLeft(delivery);
  const rows: (Row | undefined)[] = [
    ...(isPaused(delivery) ? formatHold(delivery, status, now) : formatFlow(delivery, status, now)),
    [
      'last delivery',
      `${lastDeliveredAt === null ? 'none known' : `${formatAgo(lastDeliveredAt, now)} ago`}${took}`,
    ],
    quota === null ? undefined : ['quota', `${pluralize(quota, 'request')} left`],
    retrying === null || retrying.messages === 0 ? undefined : ['retries', formatRetries(retrying, now)],
  ];
  return rows.filter((row) => row !== undefined);
}

/** What Salesmachine said before a 429 no longer holds. */
const findQuotaLeft = ({ cause, quotaRemaining }: DeliveryStatus) =>
  cause === 'throttled' && quotaRemaining !== 0 ? null : quotaRemaining;

/** So few events that wait may be refused themselves, rather than the API be in trouble. */
const FEW = 2;

const SEND_ANOTHER =
  'perhaps only this event is refused: send another one (relay trigger track); if that passes, delivery goes on, and this one is tried alone until it passes or becomes a dead letter. Else';

/** What is not paused, and whether its requests fail all the same. */
function formatFlow({ failing }: DeliveryStatus, status: Status, now: number): Row[] {
  if (failing === null || status.queued + status.inFlight === 0) return [['delivery', 'on']];
  const diagnosis = diagnoseAnswer(failing);
  const { problem } = diagnosis;
  const failed = failing.requests === 1 ? 'the last request' : `the last ${failing.requests} requests`;
  if (!isFailing(status)) return [['delivery', `on, but ${failed} failed: ${problem}`]];
  return [
    ['delivery', style('red', `FAILING for ${formatAgo(failing.since, now)}, ${failed}: ${problem}`)],
    ['to do', formatAdvice(diagnosis, status)],
  ];
}

const formatAdvice = ({ advice, mayBeOneEvent }: Diagnosis, { queued, inFlight }: Status): string =>
  `${mayBeOneEvent && queued + inFlight <= FEW ? `${SEND_ANOTHER} ` : ''}${advice}`;

function formatHold(delivery: DeliveryStatus, status: Status, now: number): Row[] {
  const { since, nextTryAt, lanes } = delivery;
  const diagnosis = diagnoseHold(delivery);
  const { problem } = diagnosis;
  const duration = since === null ? '' : ` for ${formatAgo(since, now)}`;
  const next =
    nextTryAt === null ? '' : `; next try in ${formatDuration(Math.max(0, nextTryAt - now) / 1_000)}`;
  if (!isHeld({ delivery })) {
    const held = `${lanes?.held} of ${lanes?.total} lanes held${duration}: ${problem}`;
    return [
      ['delivery', `on, ${held}`],
      [
        'to do',
        `nothing yet: other events pass; those of this lane are delivered later, or become dead letters${next}`,
      ],
    ];
  }
  return [
    ['delivery', style('red', `HELD${duration}: ${problem}`)],
    ['to do', `${formatAdvice(diagnosis, status)}${next}`],
  ];
}

/** For a hold of which only the cause is known, from metrics. */
const diagnosisByCause: ReadonlyMap<string | null, Diagnosis> = new Map([
  [
    'credential',
    {
      problem: 'Salesmachine rejects the credential',
      advice: `see relay ping; ${CHECK_CREDENTIAL}`,
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
  if (status === null && cause === 'throttled') return diagnoseAnswer({ status: 429, text: null });
  const byCause = status === null && text === null ? diagnosisByCause.get(cause) : undefined;
  return byCause ?? diagnoseAnswer({ status, text });
}

/** `text` says why there was no answer where there is no status. */
const diagnoseAnswer = ({ status, text }: Pick<DeliveryStatus, 'status' | 'text'>): Diagnosis =>
  diagnose(status === null ? { status, failure: text, text: null } : { status, failure: null, text });

function formatRetries({ messages, nextAt }: NonNullable<DeliveryStatus['retrying']>, now: number): string {
  const due = nextAt === null ? '' : `, the first in ${formatDuration(Math.max(0, nextAt - now) / 1_000)}`;
  return `${pluralize(messages, 'message')} ${messages === 1 ? 'waits' : 'wait'} for a retry${due}`;
}

const formatAgo = (moment: number, now: number) => formatDuration(Math.max(0, now - moment) / 1_000);
