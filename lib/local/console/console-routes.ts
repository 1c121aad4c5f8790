import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { REASONS } from '../../dead-letters/reasons.ts';
import type { LaneStatus } from '../../delivery/status.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Json } from '../../runtime/json.ts';
import type { Random } from '../../runtime/random.ts';
import { formatCurl } from '../curl.ts';
import { json, type Reply, type Route, readJson } from '../http-server.ts';
import type { LocalConfig } from '../local-config.ts';
import type { RelayState } from '../relay-state.ts';
import type { FakeCrm } from '../salesmachine/fake-crm.ts';
import type { Fault } from '../salesmachine/fake-faults.ts';
import type { Collector } from './collector.ts';
import { searchCrm } from './crm-page.ts';
import { createDeadLetterActions, type DeadLetterPorts } from './dead-letter-actions.ts';
import { toJourney } from './journey.ts';
import { pageRoutes } from './page-bundle.ts';
import { sendEvents, sendText } from './post-events.ts';
import type { SourceHelp } from './protocol.ts';
import { makeSample, SAMPLES } from './samples.ts';
import { streamSnapshots } from './snapshot-stream.ts';

/** As the deployed ingest: 6 MB of JSON. */
const MAX_BODY_BYTES = 6 * 1_048_576;

const MAX_BURST = 100_000;

const sendSchema = v.union([
  v.strictObject({ text: v.string() }),
  v.strictObject({
    sample: v.picklist(SAMPLES),
    count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_BURST)), 1),
  }),
]);

const causeSchema = v.strictObject({ reason: v.picklist(REASONS), detail: v.string() });

export type ConsoleDependencies = {
  config: LocalConfig;
  /** Where the relay listens: known once it does. */
  url(): string;
  collector: Collector;
  state(): Promise<RelayState>;
  laneStatuses(): readonly LaneStatus[];
  crm: FakeCrm | undefined;
  faults(): readonly Fault[];
  deadLetters: Omit<DeadLetterPorts, 'clock' | 'random' | 'signal'>;
  clock: Clock;
  random: Random;
  /** Aborts when the relay stops. */
  signal: AbortSignal;
};

/** What the console's page asks of the relay. */
export function createConsoleRoutes(dependencies: ConsoleDependencies): Record<string, Route> {
  const { config, collector, crm, clock, random, signal } = dependencies;
  const actions = createDeadLetterActions({ ...dependencies.deadLetters, clock, random, signal });
  const webhookUrl = () => `${dependencies.url()}/segment`;

  const [sharedSecret] = config.ingest.credentials.sharedSecrets;
  const [token] = config.ingest.credentials.tokens;
  const target = () => ({ url: webhookUrl(), secret: sharedSecret, token });
  const sendPorts = { target, clock, random, signal };

  const onDeadLetters =
    (action: (filter: { reasons: [(typeof REASONS)[number]]; detail: string }) => Promise<unknown>): Route =>
    async (request) => {
      const cause = v.safeParse(causeSchema, await readJson(request, MAX_BODY_BYTES));
      if (!cause.success) return json(400, { message: 'The body must be {"reason":…,"detail":…}.' });
      return json(200, await action({ reasons: [cause.output.reason], detail: cause.output.detail }));
    };

  return {
    ...pageRoutes,
    'GET /local/console/stream': async () => streamReply(streamSnapshots(dependencies, signal)),

    'GET /local/console/journey': async (request) => {
      const record = collector.events.get(readQuery(request).get('id') ?? '');
      // Of the latest thousand only, so it may have gone since the page has listed it.
      if (record === undefined) return json(200, null);
      return json(
        200,
        toJourney(record, dependencies.deadLetters.mapping, (body) => formatCurl(config, webhookUrl(), body)),
      );
    },

    'GET /local/console/crm': async (request) =>
      crm === undefined
        ? json(404, { message: 'What a Salesmachine elsewhere holds is not known here.' })
        : json(200, searchCrm(crm, readQuery(request).get('search') ?? '')),

    'GET /local/console/source': async () => json(200, toSourceHelp(config, webhookUrl())),

    'POST /local/console/send': async (request) => {
      const wanted = v.safeParse(sendSchema, await readJson(request, MAX_BODY_BYTES));
      if (!wanted.success) return json(400, { message: 'The body must be {"text":…} or {"sample":…}.' });
      if ('text' in wanted.output) return json(200, await sendText(wanted.output.text, sendPorts));
      const { sample, count } = wanted.output;
      const events = makeSample(sample, count, { now: clock.now(), random });
      return json(200, await sendEvents(toAsync(events), sendPorts));
    },

    'GET /local/console/dead-letters': async () => json(200, await actions.list()),
    'POST /local/console/dead-letters/dry-run': onDeadLetters(actions.dryRun),
    'POST /local/console/dead-letters/canary': onDeadLetters(actions.replayCanaries),
    'POST /local/console/dead-letters/replay': onDeadLetters(actions.replay),
    'GET /local/console/dead-letters/export': async (request) => {
      const query = readQuery(request);
      const cause = v.safeParse(causeSchema, { reason: query.get('reason'), detail: query.get('detail') });
      const filter = cause.success ? { reasons: [cause.output.reason], detail: cause.output.detail } : {};
      return {
        status: 200,
        headers: {
          'content-type': 'application/x-ndjson',
          'content-disposition': 'attachment; filename="dead-letters.ndjson"',
        },
        body: actions.exportRecords(filter),
      };
    },
  };
}

function toSourceHelp({ generated }: LocalConfig, url: string): SourceHelp {
  return {
    url,
    sharedSecret: generated['SEGMENT_SHARED_SECRETS'] ?? null,
    token: generated['INGEST_TOKENS'] ?? null,
  };
}

const streamReply = (body: AsyncIterable<string>): Reply => ({
  status: 200,
  headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  body,
});

const readQuery = (request: IncomingMessage) => new URL(request.url ?? '/', 'http://localhost').searchParams;

async function* toAsync(events: readonly Json[]): AsyncGenerator<Json> {
  yield* events;
}
