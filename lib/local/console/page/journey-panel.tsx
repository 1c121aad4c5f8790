import { useSignal, useSignalEffect } from '@preact/signals';
import type { Journey, JourneyStep, OperationExplanation } from '../protocol.ts';
import { AdviceText } from './advice-text.tsx';
import { FieldTable } from './field-table.tsx';
import { formatDuration, formatTime } from './format.ts';
import { RawText } from './raw-text.tsx';
import { fetchJourney, sendText } from './relay-api.ts';
import { describeState } from './status-words.ts';
import { selectedEvent, selectedId } from './store.ts';

/** The open event from its arrival to its end. */
export function JourneyPanel() {
  const journey = useSignal<Journey | null>(null);
  const problem = useSignal('');

  useSignalEffect(() => {
    const id = selectedId.value;
    // Read again whenever its line in the list changes.
    void selectedEvent.value;
    if (id === null) return;
    fetchJourney(id).then(
      (fetched) => {
        if (selectedId.peek() !== id) return;
        // An event that has gone since stays open as it was.
        journey.value = fetched ?? journey.peek();
        problem.value = '';
      },
      (error: unknown) => {
        problem.value = error instanceof Error ? error.message : 'The relay does not answer.';
      },
    );
  });

  const open = journey.value;
  if (open === null || selectedId.value === null) {
    return (
      <section class="card" aria-labelledby="journey">
        <h2 id="journey">Journey</h2>
        <p class="empty">
          {problem.value ||
            'Choose an event: how it came, what it became, where it waited, and what Salesmachine answered.'}
        </p>
      </section>
    );
  }
  return (
    <section class="card" aria-labelledby="journey">
      <h2 id="journey">
        <b>
          <bdi>{open.row.name || open.row.type || 'Event'}</bdi>
        </b>
        {open.row.user && (
          <>
            {' '}
            of <bdi>{open.row.user}</bdi>
          </>
        )}
        <span class="mono">
          <bdi>{open.row.messageId}</bdi>
        </span>
      </h2>
      <Outcome journey={open} />
      <section class="steps" aria-label="Steps of the journey">
        <Steps journey={open} />
        <Actions journey={open} />
      </section>
    </section>
  );
}

/** How it stands, and of a dead letter what to do. */
function Outcome({ journey: { row, advice } }: { journey: Journey }) {
  const { text, tone } = describeState(row);
  return (
    <div class="outcome">
      <span class={`chip ${tone}`}>{text}</span>
      {advice && <AdviceText {...advice} />}
    </div>
  );
}

function Steps({ journey }: { journey: Journey }) {
  const [came, ...later] = journey.steps;
  return (
    <ol class="journey">
      {came && <Step step={came} since={undefined} />}
      {(journey.operations.length > 0 || journey.rule) && (
        <li>
          <p>{journey.rule}</p>
          {journey.operations.map((operation, index) => (
            <Operation key={index} operation={operation} />
          ))}
          {journey.notes.map((note) => (
            <small key={note}>{note}</small>
          ))}
        </li>
      )}
      {later.map((step, index) => (
        <Step key={index} step={step} since={journey.row.cameAt} />
      ))}
    </ol>
  );
}

function Step({ step, since }: { step: JourneyStep; since: number | undefined }) {
  return (
    <li class={step.tone}>
      <p>
        <time>{since === undefined ? formatTime(step.at) : `+ ${formatDuration(step.at - since)}`}</time>{' '}
        {step.title}
      </p>
      {step.note && <small>{step.note}</small>}
    </li>
  );
}

const Operation = ({ operation: { method, fields } }: { operation: OperationExplanation }) => (
  <FieldTable
    caption={method}
    fields={fields.map(({ name, value, origin }) => ({ name, value, note: origin }))}
  />
);

function Actions({ journey: { body, curl, isCut } }: { journey: Journey }) {
  const note = useSignal('');
  const isRawShown = useSignal(false);
  const copy = async () => {
    await navigator.clipboard.writeText(curl ?? '');
    note.value = 'Copied.';
  };
  const sendAgain = async () => {
    const { accepted, error } = await sendText(body);
    note.value =
      error ?? `${accepted} accepted. SQS drops what it had in the last five minutes: see the last step.`;
  };
  return (
    <>
      <div class="buttons">
        <button type="button" disabled={isCut} onClick={sendAgain}>
          Send again
        </button>
        <button type="button" disabled={curl === null} onClick={copy}>
          Copy as curl
        </button>
        <button
          type="button"
          aria-expanded={isRawShown.value}
          onClick={() => {
            isRawShown.value = !isRawShown.value;
          }}
        >
          As it came
        </button>
        <output class="report">{note}</output>
      </div>
      {isRawShown.value && <RawText label="The event as it came" text={body} isCut={isCut} />}
    </>
  );
}
