import type { ComponentChildren } from 'preact';
import type { LaneRow, Snapshot } from '../protocol.ts';
import { formatDecimal, formatDuration, formatNumber, pluralize } from './format.ts';
import { QuotaRing } from './quota-ring.tsx';
import { RequestBars } from './request-bars.tsx';
import { Sparkline } from './sparkline.tsx';
import { describeLane } from './status-words.ts';
import { rates, snapshot } from './store.ts';

/** The way of an event, left to right, with what is at each place now. */
export function Flow() {
  const current = snapshot.value;
  if (current === null) return <section class="flow loading" aria-busy="true" />;
  const { counts } = current;
  const waiting = counts.queued + counts.inFlight;
  return (
    <section class="flow" aria-label="The way of an event">
      <SentCard current={current} />
      <Wire isActive={perSecond('accepted', current.now) > 0} />
      <Card title="Queue" aside="SQS FIFO, by user">
        <Big value={counts.queued} testId="queued" />
        <p class="sub">waiting, {formatNumber(counts.inFlight)} in a lane’s hands</p>
        <Fact
          name="oldest"
          value={
            current.oldestSentAt === null
              ? '–'
              : formatDuration(Math.max(0, current.now - current.oldestSentAt))
          }
        />
        <Fact
          name="dead letters"
          value={formatNumber(counts.deadLettered)}
          tone={counts.deadLettered > 0 ? 'bad' : undefined}
        />
      </Card>
      <Wire isActive={waiting > 0} />
      <RequestsCard current={current} />
      <Wire isActive={perSecond('delivered', current.now) > 0} />
      <SalesmachineCard current={current} />
    </section>
  );
}

/** Over the last five whole seconds. */
function perSecond(kind: 'accepted' | 'delivered', now: number): number {
  const second = Math.floor(now / 1_000);
  const recent = rates.value.filter((point) => point.second >= second - 5 && point.second < second);
  return recent.reduce((sum, point) => sum + point[kind], 0) / 5;
}

function SentCard({ current }: { current: Snapshot }) {
  const { counts, now, ingestMs, unusable } = current;
  return (
    <Card title="Segment sends" aside={`${formatDecimal(perSecond('accepted', now))}/s`}>
      <Big value={counts.accepted} testId="accepted" />
      <p class="sub">accepted, each safe in the queue</p>
      <Sparkline kind="accepted" />
      <Fact name="skipped" value={formatNumber(counts.skipped)} />
      <Fact name="unusable" value={formatNumber(unusable)} tone={unusable > 0 ? 'bad' : undefined} />
      <Fact name="answered in" value={ingestMs === null ? '–' : formatDuration(ingestMs)} />
    </Card>
  );
}

function RequestsCard({ current }: { current: Snapshot }) {
  const { counts, operations, lanes, quota, now } = current;
  const completed = current.completedRequests;
  const aside =
    completed > 0
      ? `${formatDecimal(operations / completed)} operations each; a cell is one`
      : 'up to 100 operations each';
  return (
    <Card title="Requests" count={formatNumber(completed)} aside={aside}>
      <div class="requests">
        <div>
          <RequestBars lanes={lanes} />
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
    <li class={tone}>
      <b>Lane {lane.lane + 1}</b> <span data-testid="lane">{describeLane(lane, now)}</span>
      {lane.pause?.text && <small>{lane.pause.text}</small>}
    </li>
  );
}

function SalesmachineCard({ current }: { current: Snapshot }) {
  const { counts, holdings, latency, now } = current;
  return (
    <Card title="Salesmachine" aside={`${formatDecimal(perSecond('delivered', now))}/s`}>
      <Big value={counts.delivered} testId="delivered" />
      <p class="sub">events delivered</p>
      <Sparkline kind="delivered" />
      {holdings && (
        <>
          <Fact name="contacts" value={formatNumber(holdings.contacts)} />
          <Fact name="accounts" value={formatNumber(holdings.accounts)} />
        </>
      )}
      <Fact name="half within" value={latency === null ? '–' : formatDuration(latency.p50Ms)} />
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
