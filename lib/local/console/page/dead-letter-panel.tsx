import { useSignal, useSignalEffect } from '@preact/signals';
import type { ActionReport, DeadLetterCause, DeadLetterList } from '../protocol.ts';
import { AdviceText } from './advice-text.tsx';
import { formatNumber, pluralize } from './format.ts';
import { RawText } from './raw-text.tsx';
import { actOnDeadLetters, exportUrl, fetchDeadLetters } from './relay-api.ts';
import { snapshot } from './store.ts';

/** As many as "Replay 5 first" sends. */
const CANARIES = 5;

/** The list is read again at most so often while dead letters come. */
const REFRESH_MS = 1_500;

/** The dead letters by cause, with the runbook's advice and what can be done. */
export function DeadLetterPanel() {
  const list = useSignal<DeadLetterList>({ causes: [], unread: 0 });
  const timer = useSignal<number | undefined>(undefined);
  const lastCount = useSignal(-1);

  const refresh = async () => {
    list.value = await fetchDeadLetters().catch(() => list.peek());
  };
  useSignalEffect(() => {
    const count = snapshot.value?.counts.deadLettered ?? 0;
    if (count === lastCount.peek() || timer.peek() !== undefined) return;
    lastCount.value = count;
    timer.value = window.setTimeout(() => {
      timer.value = undefined;
    }, REFRESH_MS);
    refresh();
  });

  const count = snapshot.value?.counts.deadLettered ?? 0;
  return (
    <section class="card" aria-labelledby="dead-letters">
      <h2 id="dead-letters">
        Dead letters <b>{formatNumber(count)}</b> <span>kept for 14 days</span>
      </h2>
      {count === 0 && (
        <p class="empty">
          None. What Salesmachine refuses for good, while other events pass, is kept here with its cause,
          until it is fixed and replayed. Try it: switch on “Refuses an attribute”, and send the 40 events
          with coupons.
        </p>
      )}
      {count > 0 &&
        list.value.causes.map((cause) => (
          <Cause key={`${cause.reason} ${cause.detail}`} cause={cause} onDone={refresh} />
        ))}
      {list.value.unread > 0 && (
        <p class="sub">{pluralize(list.value.unread, 'more dead letter')} not read yet.</p>
      )}
    </section>
  );
}

type Action = 'dry-run' | 'canary' | 'replay';

function Cause({ cause, onDone }: { cause: DeadLetterCause; onDone: () => Promise<void> }) {
  const report = useSignal<ActionReport | null>(null);
  const running = useSignal<Action | null>(null);
  const run = async (action: Action) => {
    running.value = action;
    try {
      report.value = await actOnDeadLetters(action, cause);
    } catch (error) {
      report.value = {
        ok: false,
        lines: [error instanceof Error ? error.message : 'The relay does not answer.'],
      };
    }
    running.value = null;
    await onDone();
  };
  const toButton = (action: Action, label: string, title: string, isNext = false) => (
    <button
      type="button"
      class={isNext ? 'primary' : ''}
      title={title}
      disabled={running.value !== null}
      onClick={() => run(action)}
    >
      {running.value === action ? 'Working…' : label}
    </button>
  );
  const isMany = cause.count > CANARIES;
  const types = cause.types.map(({ type, count }) => `${formatNumber(count)} ${type}`).join(', ');
  return (
    <article class="cause">
      <h3>
        {formatNumber(cause.count)} × {cause.reason}
        {cause.status !== null && <span class="chip bad">{cause.status}</span>}
      </h3>
      <p class="mono">
        <bdi>{cause.detail}</bdi>
      </p>
      <AdviceText {...cause} />
      <p class="sub">
        {types}
        {cause.replayed > 0 && `, ${formatNumber(cause.replayed)} of them replayed before`}
      </p>
      <details>
        <summary>What was sent</summary>
        <p>Today it {cause.today}.</p>
        <RawText label="The event that was sent" text={cause.sample} />
      </details>
      <div class="buttons">
        {toButton('dry-run', 'Dry run', 'Says what a replay would do, and sends nothing')}
        {isMany &&
          toButton(
            'canary',
            `Replay ${CANARIES} first`,
            'Sends five again, and waits for what becomes of them',
            true,
          )}
        {toButton('replay', `Replay ${formatNumber(cause.count)}`, 'Sends them to the queue again', !isMany)}
        <a class="button" href={exportUrl(cause)} download="dead-letters.ndjson">
          Export
        </a>
      </div>
      <output class={`report ${report.value?.ok === false ? 'bad' : ''}`} data-testid="dead-letter-report">
        {report.value?.lines.map((line) => (
          <p key={line}>{line}</p>
        ))}
      </output>
    </article>
  );
}
