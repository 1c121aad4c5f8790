import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import { apiFaults } from './models/salesmachine-model.ts';
import { plainRelay } from './relays/plain-relay.ts';
import { DEAD_LETTER_QUEUE_URL, type Relay, type RelayPorts, simulate, type World } from './simulation.ts';

const MINUTE = 60_000;

const calm: World = { segment: { events: 1_500, perSecond: 5, users: 200 } };

const stormy: World = {
  segment: {
    events: 3_000,
    perSecond: 5,
    users: 200,
    perWebhook: 3,
    arrival: 'poisson',
    mix: { track: 5, identify: 2, page: 1, 'named page': 2, group: 1 },
    duplicates: 0.05,
    disorderMs: MINUTE,
  },
  salesmachine: {
    faults: [
      { from: MINUTE, until: 2 * MINUTE, what: apiFaults.refused },
      { from: 3 * MINUTE, until: 4 * MINUTE, what: apiFaults.badCredential },
      { chance: 0.02, what: apiFaults.serverError },
      { chance: 0.02, what: apiFaults.resetAfter },
      { chance: 0.02, what: apiFaults.hangBefore },
    ],
    others: [{ from: 5 * MINUTE, until: 10 * MINUTE, what: 0.8 }],
  },
  sqs: {
    faults: [
      { chance: 0.02, what: 'refused' },
      { chance: 0.02, what: 'lost' },
      { chance: 0.02, what: 'partial' },
      { chance: 0.02, what: 'slow' },
      { chance: 0.1, what: 'short' },
    ],
  },
  lambda: [
    { chance: 0.01, what: 'crash' },
    { chance: 0.01, what: 'throttle' },
    { chance: 0.01, what: 'garbled' },
    { chance: 0.02, what: 'restart' },
  ],
  ingestCrashes: [{ chance: 0.02, what: 'crash' }],
  faultsEndAt: 12 * MINUTE,
};

describe('a world in which nothing goes wrong', () => {
  test('delivers everything once, in order, at the rate at which it comes', async () => {
    const result = await simulate(plainRelay, calm, 1);
    expect(result).toMatchObject({
      broken: [],
      accepted: 1_500,
      delivered: 1_500,
      duplicates: 0,
      throttled: 0,
      deadLetters: {},
      webhooks: { webhooks: 1_500, retries: 0, discarded: 0, givenUp: 0 },
    });
    expect(result.deliveredPerSecond).toBeCloseTo(5, 1);
    expect(result.p99).toBeLessThan(5_000);
  });

  test('is the same for the same seed, and another for another', async () => {
    const [first, again, other] = [
      await simulate(plainRelay, stormy, 7),
      await simulate(plainRelay, stormy, 7),
      await simulate(plainRelay, stormy, 8),
    ];
    expect(again).toEqual(first);
    expect(other.trace).not.toBe(first.trace);
  });
});

describe('a world in which everything goes wrong', () => {
  test.each([1, 2, 3])('breaks no promise of a relay that is right (seed %i)', async (seed) => {
    const result = await simulate(plainRelay, stormy, seed);
    expect(result).toMatchObject({ broken: [], queued: 0, deadLetters: {} });
    expect(result.delivered).toBe(result.accepted);
  });

  test('does what it is asked to do', async () => {
    const { answers, webhooks, duplicateCauses, throttled, accepted } = await simulate(plainRelay, stormy, 1);
    for (const answer of ['201', '401', '429', '500', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT']) {
      expect([answer, answers[answer]]).toEqual([answer, expect.any(Number)]);
    }
    expect(throttled).toBeGreaterThan(0);
    expect(webhooks.retries).toBeGreaterThan(0);
    expect(duplicateCauses.unanswered).toBeGreaterThan(0);
    expect(duplicateCauses.undeleted).toBeGreaterThan(0);
    expect(accepted).toBe(3_000);
  });

  test('finds exactly the refused events in the dead letters of a relay that gives up what is refused', async () => {
    const segment = { ...calm.segment, perSecond: 2, rejectedEvents: [{ oneIn: 50, status: 422 } as const] };
    const { broken, deadLetters, delivered, accepted } = await simulate(oneByOne(), { ...calm, segment }, 1);
    expect(broken).toEqual([]);
    expect(deadLetters['rejected']).toBeGreaterThan(0);
    expect(delivered + (deadLetters['rejected'] ?? 0)).toBe(accepted);
  });
});

type Ports = Parameters<Relay['createWorker']>[0];

/** The plain relay with another worker around its own. */
const withWorker = (
  change: (event: SQSEvent, handle: (event: SQSEvent) => Promise<unknown>, ports: Ports) => Promise<unknown>,
): Relay => ({
  ...plainRelay,
  createWorker: (ports) => {
    const handle = plainRelay.createWorker(ports);
    return (event, context) => change(event, (given) => handle(given, context), ports);
  },
});

const withPorts = (change: (ports: Ports) => Partial<Ports>): Relay => ({
  ...plainRelay,
  createWorker: (ports) => plainRelay.createWorker({ ...ports, ...change(ports) }),
});

const writeDeadLetter = ({ sqs }: RelayPorts, body: string, id: string, reason = 'rejected') =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl: DEAD_LETTER_QUEUE_URL,
      MessageBody: body,
      MessageGroupId: id,
      MessageDeduplicationId: id,
      MessageAttributes: { reason: { DataType: 'String', StringValue: reason } },
    }),
  );

/** One event a request, and what Salesmachine refuses goes to the dead letters. */
const oneByOne = (): Relay =>
  withWorker(async ({ Records }, _, ports) => {
    for (const { body, messageId } of Records) {
      const { messageId: marker, userId, event, properties } = JSON.parse(body);
      const operation = {
        method: 'event',
        contact_uid: userId,
        event_uid: event,
        params: properties,
        messageId: marker,
      };
      const answer = await ports.salesmachine.post('/v1/batch', JSON.stringify([operation]));
      if (answer.kind === 'response' && answer.status === 422) await writeDeadLetter(ports, body, messageId);
    }
    return { batchItemFailures: [] };
  });

const failing: World = {
  ...calm,
  salesmachine: { faults: [{ chance: 0.2, what: apiFaults.serverError }] },
  faultsEndAt: 5 * MINUTE,
};

/** Relays that are wrong in one way each, and what has to be said of them. */
const wrong: { name: string; relay: Relay; world: World; says: string }[] = [
  {
    name: 'answers before the queue has confirmed',
    relay: {
      ...plainRelay,
      createIngest: (ports) => {
        const ingest = plainRelay.createIngest(ports);
        return async (event, context) => ({ ...(await ingest(event, context)), statusCode: 200 });
      },
    },
    world: { ...calm, sqs: { faults: [{ chance: 0.05, what: 'refused' }] }, faultsEndAt: 5 * MINUTE },
    says: 'nothing accepted is lost',
  },
  {
    name: 'reports a failed batch as done',
    relay: withWorker((event, handle) => handle(event).then(() => ({ batchItemFailures: [] }))),
    world: failing,
    says: 'nothing accepted is lost',
  },
  {
    name: 'delivers the later events of a user while it releases the first',
    relay: withWorker(async ({ Records }, handle, { random }) => {
      const [first, ...rest] = Records;
      if (!first || rest.length === 0 || random() < 0.5) return handle({ Records });
      await handle({ Records: rest });
      return { batchItemFailures: [{ itemIdentifier: first.messageId }] };
    }),
    world: { ...calm, segment: { ...calm.segment, perSecond: 12, users: 5 } },
    says: 'each user is in order',
  },
  {
    name: 'goes on sending after a 429',
    relay: withPorts(({ salesmachine }) => ({
      salesmachine: {
        ...salesmachine,
        post: async (...request) => {
          const answer = await salesmachine.post(...request);
          return answer.kind === 'response' ? { ...answer, headers: {} } : answer;
        },
      },
    })),
    world: { ...calm, salesmachine: { others: [{ what: 0.8 }] } },
    says: 'a request while the gate was closed',
  },
  {
    name: 'gives events up because of the credential',
    relay: withWorker(async (event, handle, ports) => {
      const answer = await ports.salesmachine.post('/v1/ping', '');
      if (answer.kind === 'response' && answer.status === 401) {
        for (const { body, messageId } of event.Records) await writeDeadLetter(ports, body, messageId);
        return { batchItemFailures: [] };
      }
      return handle(event);
    }),
    world: {
      ...calm,
      salesmachine: { faults: [{ from: MINUTE, until: 2 * MINUTE, what: apiFaults.badCredential }] },
    },
    says: 'only what Salesmachine refuses is given up',
  },
  {
    name: 'sends everything twice',
    relay: withPorts(({ salesmachine }) => ({
      salesmachine: {
        ...salesmachine,
        post: async (...request) => {
          await salesmachine.post(...request);
          return salesmachine.post(...request);
        },
      },
    })),
    world: calm,
    says: 'a duplicate has a cause',
  },
  {
    name: 'sends two requests of one contact at once',
    relay: withPorts(({ salesmachine }) => ({
      salesmachine: {
        ...salesmachine,
        post: async (...request) => {
          void salesmachine.post(...request);
          return salesmachine.post(...request);
        },
      },
    })),
    world: calm,
    says: 'two requests with operations of one contact',
  },
  {
    name: 'gives up all that is refused while everything is',
    relay: oneByOne(),
    world: {
      ...calm,
      segment: { ...calm.segment, perSecond: 2 },
      salesmachine: {
        faults: [{ from: MINUTE, until: 2 * MINUTE, path: '/v1/batch', what: apiFaults.refusesData }],
      },
    },
    says: 'given up as one of over 5, though nothing else has passed since',
  },
  {
    name: 'links no contact to its account',
    relay: withPorts(({ salesmachine }) => ({
      salesmachine: {
        ...salesmachine,
        post: (path, json, signal) =>
          salesmachine.post(path, json.replaceAll('"params":{"account_uid"', '"params":{"company"'), signal),
      },
    })),
    world: { ...calm, segment: { ...calm.segment, mix: { track: 1, group: 1 } } },
    says: 'events whose link is missing',
  },
  {
    name: 'logs an event',
    relay: withWorker((event, handle, { log }) => {
      log.info('invocation settled', { problem: `an event: ${event.Records[0]?.body}` });
      return handle(event);
    }),
    world: calm,
    says: 'no log line holds a secret or personal data',
  },
];

describe('the world notices', () => {
  test.each(wrong)('a relay that $name', async ({ relay, world, says }) => {
    const { broken } = await simulate(relay, world, 1);
    expect(broken.join('\n')).toContain(says);
  });
});
