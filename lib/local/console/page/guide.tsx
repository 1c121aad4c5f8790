import { useSignal } from '@preact/signals';
import { sendSample, setFaults } from './relay-api.ts';
import { snapshot } from './store.ts';

/** What the relay is for, and three things to try. */
export function Guide() {
  const isClosed = useSignal(false);
  const current = snapshot.value;
  if (isClosed.value || current === null) return null;
  const { counts, faults } = current;
  const hasSent = counts.accepted > 0;
  const isBroken = faults.length > 0;
  return (
    <section class="guide" aria-labelledby="guide">
      <div>
        <h2 id="guide">Every event arrives, however Salesmachine behaves</h2>
        <p>
          Segment sends events one at a time. Salesmachine takes 900 requests in five minutes, and a request
          may carry 100 of them. The relay stores each event in a queue, fills the requests, spends the whole
          quota and never more, keeps each user’s order, and loses nothing. Try it:
        </p>
      </div>
      <ol>
        <li class={hasSent ? 'done' : ''}>
          <button type="button" class={hasSent ? '' : 'primary'} onClick={() => sendSample('burst', 1_000)}>
            Send 1,000 events
          </button>
          <span>and watch requests of up to 100 cells fill</span>
        </li>
        {current.holdings && (
          <>
            <li>
              <button
                type="button"
                disabled={isBroken}
                onClick={() => setFaults([{ fault: 'status', status: 500 }])}
              >
                Break Salesmachine
              </button>
              <span>then send more: the relay pauses, the queue grows</span>
            </li>
            <li>
              <button
                type="button"
                class={isBroken ? 'primary' : ''}
                disabled={!isBroken}
                onClick={() => setFaults([])}
              >
                Fix it
              </button>
              <span>and see every event delivered</span>
            </li>
          </>
        )}
      </ol>
      <button
        type="button"
        class="close"
        aria-label="Close the introduction"
        onClick={() => (isClosed.value = true)}
      >
        ×
      </button>
    </section>
  );
}
