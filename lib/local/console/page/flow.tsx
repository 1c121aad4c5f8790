import type { ComponentChildren } from 'preact';
import type { LaneRow, Snapshot } from '../protocol.ts';
import {
  formatDecimal,
  formatDuration,
  formatNumber,
  formatRate,
  formatSeconds,
  pluralize,
} from './format.ts';
import { QuotaRing } from './quota-ring.tsx';
import { listBacklog, listRates, readRate } from './recent.ts';
import { BarLegend, RequestBars } from './request-bars.tsx';
import { Sparkline } from './sparkline.tsx';
import { describeLane } from './status-words.ts';
import { snapshot } from './store.ts';

/** The way of an event, left to right, with what is at each place now. */
export function Flow() {
  const current = snapshot.value;
  if (current === null) return <section class="flow loading" aria-busy="true" />;
  return (
    <section class="flow" aria-label="The way of an event">
      <SentCard current={current} />
      <Wire isActive={readRate('accepted') > 0} />
      <QueueCard current={current} />
      <Wire isActive={isSending(current)} />
      <RequestsCard current={current} />
      <Wire isActive={readRate('delivered') > 0} />
      <SalesmachineCard current={current} />
    </section>
  );
}

const countWaiting = ({ counts }: Snapshot) => counts.queued + counts.inFlight;

const isSending = (current: Snapshot) =>
  countWaiting(current) > 0 && current.lanes.some(({ pause }) => pause === null);

function SentCard({ current }: { current: Snapshot }) {
  const { counts, ingestMs, unusable } = current;
  return (
    <Card title="Segment sends" aside={formatRate(readRate('accepted'))}>
      <Big value={counts.accepted} testId="accepted" />
      <p class="sub">accepted, each safe in the queue</p>
      <Sparkline values={listRates('accepted')} />
      <Fact name="skipped" value={formatNumber(counts.skipped)} />
      <Fact name="unusable" value={formatNumber(unusable)} tone={unusable > 0 ? 'bad' : undefined} />
      <Fact name="answered in" value={ingestMs === null ? '–' : formatDuration(ingestMs)} />
    </Card>
  );
}

function QueueCard({ current }: { current: Snapshot }) {
  const { counts, now, oldestSentAt } = current;
  const rate = isSending(current) ? readRate('delivered') : 0;
  return (
    <Card title="Queue" aside="SQS FIFO">
      <Big value={counts.queued} testId="queued" />
      <p class="sub">waiting, each user’s in order</p>
      <Sparkline values={listBacklog()} />
      <Fact name="being sent" value={formatNumber(counts.inFlight)} />
      <Fact
        name="oldest"
        value={oldestSentAt === null ? '–' : formatDuration(Math.max(0, now - oldestSentAt))}
      />
      <Fact
        name="empty in about"
        value={rate > 0 ? formatSeconds(Math.ceil(countWaiting(current) / rate)) : '–'}
      />
      <Fact
        name="dead letters"
        value={formatNumber(counts.deadLettered)}
        tone={counts.deadLettered > 0 ? 'bad' : undefined}
      />
    </Card>
  );
}

function RequestsCard({ current }: { current: Snapshot }) {
  const { counts, operations, lanes, quota, now } = current;
  const completed = current.completedRequests;
  const aside =
    completed > 0
      ? `${formatDecimal(operations / completed)} of 100 operations each`
      : 'up to 100 operations each';
  return (
    <Card title="Requests" count={formatNumber(completed)} aside={aside}>
      <div class="requests">
        <div>
          <RequestBars lanes={lanes} />
          <BarLegend />
          <ul class="lanes" aria-label="Lanes">
            {lanes.map((lane) => (
              <Lane key={lane.lane} lane={lane} now={now} />
            ))}
          </ul>
        </div>
        <QuotaRing quota={quota} now={now} throttled={counts.throttled} />
      </div>
    </Card>
  );
}

function Lane({ lane, now }: { lane: LaneRow; now: number }) {
  const tone = lane.pause ? 'bad' : lane.retrying ? 'warn' : '';
  return (
    <li class={tone} title="A lane sends one request after the other, at a pace that keeps to the quota">
      <b>Lane {lane.lane + 1}</b> <span data-testid="lane">{describeLane(lane, now)}</span>
      {lane.pause?.text && <small>{lane.pause.text}</small>}
    </li>
  );
}

function SalesmachineCard({ current }: { current: Snapshot }) {
  const { counts, holdings, latency } = current;
  return (
    <Card title="Salesmachine" aside={formatRate(readRate('delivered'))}>
      <Big value={counts.delivered} testId="delivered" />
      <p class="sub">events delivered</p>
      <Sparkline values={listRates('delivered')} />
      {holdings && (
        <>
          <Fact name="contacts" value={formatNumber(holdings.contacts)} />
          <Fact name="accounts" value={formatNumber(holdings.accounts)} />
        </>
      )}
      <Fact name="median delay" value={latency === null ? '–' : formatDuration(latency.p50Ms)} />
    </Card>
  );
}

type CardProps = { title: string; count?: string; aside?: string; children: ComponentChildren };

function Card({ title, count, aside, children }: CardProps) {
  return (
    <div class="card">
      <h2>
        {title} {count !== undefined && <b>{count}</b>} <span>{aside}</span>
      </h2>
      {children}
    </div>
  );
}

const Big = ({ value, testId }: { value: number; testId: string }) => (
  <p class="big" data-testid={testId} title={pluralize(value, 'event')}>
    {formatNumber(value)}
  </p>
);

const Fact = ({ name, value, tone }: { name: string; value: string; tone?: string | undefined }) => (
  <p class="fact">
    <span>{name}</span> <b class={tone}>{value}</b>
  </p>
);

const Wire = ({ isActive }: { isActive: boolean }) => (
  <div class={isActive ? 'wire active' : 'wire'} aria-hidden="true" />
);
