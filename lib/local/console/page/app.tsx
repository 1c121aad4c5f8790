import { render } from 'preact';
import { BreakPanel } from './break-panel.tsx';
import { CrmPanel } from './crm-panel.tsx';
import { DeadLetterPanel } from './dead-letter-panel.tsx';
import { EventList } from './event-list.tsx';
import { Flow } from './flow.tsx';
import { Guide } from './guide.tsx';
import { Header } from './header.tsx';
import { JourneyPanel } from './journey-panel.tsx';
import { SendPanel } from './send-panel.tsx';
import { connect } from './store.ts';
import { ThroughputPanel } from './throughput-panel.tsx';

const App = () => (
  <>
    <Header />
    <main>
      <Guide />
      <Flow />
      <div class="row controls">
        <SendPanel />
        <BreakPanel />
        <ThroughputPanel />
      </div>
      <div class="row events">
        <EventList />
        <JourneyPanel />
      </div>
      <div class="row results">
        <DeadLetterPanel />
        <CrmPanel />
      </div>
    </main>
  </>
);

const root = document.getElementById('app');
if (root) render(<App />, root);
connect();
