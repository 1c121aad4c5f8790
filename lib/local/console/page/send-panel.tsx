import { useSignal } from '@preact/signals';
import type { SendReport, SourceHelp } from '../protocol.ts';
import { formatNumber } from './format.ts';
import { fetchSourceHelp, sendSample, sendText } from './relay-api.ts';

type Button = { label: string; sample: string; count?: number; title: string };

const CALLS: readonly Button[] = [
  { label: 'Identify', sample: 'identify', title: 'A user with traits: becomes a contact' },
  { label: 'Track', sample: 'track', title: 'Something that a user did: becomes an event' },
  { label: 'Page', sample: 'page', title: 'A page view: becomes a pageview, and an event of its name' },
  { label: 'Group', sample: 'group', title: 'A company: becomes an account, with the user linked to it' },
  { label: 'Alias', sample: 'alias', title: 'Two ids of one user: merges two contacts' },
  {
    label: 'Screen',
    sample: 'screen',
    title: 'A mobile screen: Salesmachine has no such call, so it is skipped',
  },
  { label: 'Audience', sample: 'audience', title: 'An Engage audience: a trait of the contact' },
  { label: 'Bad event', sample: 'bad', title: 'A track event without a name: a dead letter at once' },
];

const BURSTS: readonly Button[] = [
  { label: '40, of which 8 have a coupon', sample: 'coupons', title: 'For “refuses an attribute”, below' },
  { label: '1,000', sample: 'burst', count: 1_000, title: 'A burst of 1,000 events of 500 users' },
  { label: '10,000', sample: 'burst', count: 10_000, title: 'A burst of 10,000 events of 500 users' },
];

const EXAMPLE = '{"type":"track","userId":"user-1","event":"Order Completed","properties":{"revenue":9.5}}';

/** Sends events to the relay as Segment would: samples, bursts, or what is typed. */
export function SendPanel() {
  const status = useSignal('');
  const text = useSignal('');
  const run = async (send: () => Promise<SendReport>) => {
    status.value = 'Sending…';
    try {
      status.value = describeReport(await send());
    } catch (error) {
      status.value = error instanceof Error ? error.message : 'The relay does not answer.';
    }
  };
  const toButton = ({ label, sample, count, title }: Button) => (
    <button key={label} type="button" title={title} onClick={() => run(() => sendSample(sample, count))}>
      {label}
    </button>
  );
  return (
    <section class="card" aria-labelledby="send">
      <h2 id="send">Send events</h2>
      <fieldset class="buttons">
        <legend>One of each call</legend>
        {CALLS.map(toButton)}
      </fieldset>
      <fieldset class="buttons">
        <legend>Many</legend>
        {BURSTS.map(toButton)}
      </fieldset>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run(() => sendText(text.value || EXAMPLE));
        }}
      >
        <label for="json">Your own: a JSON object, an array, or NDJSON</label>
        <textarea
          id="json"
          rows={3}
          spellcheck={false}
          placeholder={EXAMPLE}
          value={text}
          onInput={({ currentTarget }) => {
            text.value = currentTarget.value;
          }}
        />
        <button type="submit">Send this</button>
        <output class="report" data-testid="send-report">
          {status}
        </output>
      </form>
      <SourceDetails />
    </section>
  );
}

function describeReport({ accepted, deadLettered, skipped, error }: SendReport): string {
  const counts = [
    `${formatNumber(accepted)} accepted`,
    ...(deadLettered > 0 ? [`${formatNumber(deadLettered)} dead letters`] : []),
    ...(skipped > 0 ? [`${formatNumber(skipped)} skipped`] : []),
  ].join(', ');
  if (error === null) return counts;
  return accepted + deadLettered + skipped > 0 ? `${counts}; then: ${error}` : `Not sent: ${error}`;
}

/** What to enter at Segment. */
function SourceDetails() {
  const help = useSignal<SourceHelp | null>(null);
  const load = async () => {
    help.value ??= await fetchSourceHelp();
  };
  return (
    <details onToggle={load}>
      <summary>Point a real Segment source here</summary>
      {help.value && (
        <dl>
          <dt>Webhook URL</dt>
          <dd>
            <code>https://YOUR-TUNNEL/segment</code>, through a tunnel to <code>{help.value.url}</code>, such
            as <code>cloudflared tunnel --url {new URL(help.value.url).origin}</code>. Start the relay with{' '}
            <code>LOCAL_HOSTS=YOUR-TUNNEL</code>, so that it answers to that name.
          </dd>
          <dt>Shared secret</dt>
          <dd>
            <code>{help.value.sharedSecret ?? 'one of SEGMENT_SHARED_SECRETS, as configured'}</code>
          </dd>
          <dt>Or a token</dt>
          <dd>
            <code>{help.value.token ?? 'one of INGEST_TOKENS, as configured'}</code>
          </dd>
        </dl>
      )}
    </details>
  );
}
