import type { MappingSettings } from '../mapping/mapping-settings.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Salesmachine } from '../salesmachine/client.ts';
import type { ReceivedMessage } from '../sqs/received-message.ts';
import type { Log } from '../telemetry/log.ts';
import { createBatchSender } from './batch-sender.ts';
import { createBreaker } from './breaker.ts';
import { createEvidence } from './evidence.ts';
import { createGate } from './gate.ts';
import { createInvocationRunner } from './invocation.ts';
import { createKeptEvents } from './kept-events.ts';
import { createLotChooser } from './lot.ts';
import { createPacer, type Quota } from './pacer.ts';
import { createMessageReader } from './read-message.ts';
import { createRecall } from './recall.ts';
import { createReceiver } from './receiver.ts';
import type { DeliveryQueue } from './settlement.ts';
import { type LaneStatus, toLaneStatus } from './status.ts';

export type DeliverySettings = {
  quota: Quota;
  mapping: MappingSettings;
  maxEventAgeMs: number;
};

/** Everything that the engine knows of the world. */
export type DeliveryPorts = {
  queue: DeliveryQueue;
  salesmachine: Salesmachine;
  clock: Clock;
  random: Random;
  log: Log;
};

export type Lane = {
  /**
   * Delivers the messages, and what else the queue has, until nothing is left to do or the time is up. `deadline` is
   * when the function ends, in milliseconds since the epoch. Returns the ids of the messages that are not done.
   */
  deliver(messages: readonly ReceivedMessage[], deadline: number): Promise<Set<string>>;
  /** What holds delivery now, for people. */
  status(): LaneStatus;
};

/** Events that first failed alone so shortly before the breaker opened failed for the same reason. */
const BEFORE_PAUSE_MS = 10_000;

/** One concurrently running worker: its rate, and what it knows of the API, outlive an invocation. */
export function createLane(settings: DeliverySettings, ports: DeliveryPorts): Lane {
  const { queue, clock, random } = ports;
  const pacer = createPacer(settings.quota, clock.now());
  const evidence = createEvidence();
  const kept = createKeptEvents({ lanes: settings.quota.lanes, random });
  const recall = createRecall(queue, clock);
  const breaker = createBreaker(random);
  const gate = createGate({ pacer, breaker, evidence }, ports, ({ since }) => {
    kept.releaseKeptSince(since - BEFORE_PAUSE_MS);
    recall.recallAll();
  });
  const run = createInvocationRunner({
    ...ports,
    aliasAlone: settings.mapping.alias === 'single',
    gate,
    pacer,
    sendBatch: createBatchSender(settings, { ...ports, gate, evidence, kept }),
    receiveUpTo: createReceiver(queue),
    readMessage: createMessageReader(settings, { ...ports, evidence }),
    chooseLot: createLotChooser({ gate, pacer, evidence, kept, clock }),
  });

  return {
    async deliver(messages, deadline) {
      const released = await run(messages, deadline);
      if (gate.pause() !== undefined) recall.add(released);
      await recall.finish();
      return new Set(released.map(({ message }) => message.sqsMessageId));
    },
    status: () => toLaneStatus({ gate, evidence, kept }, clock.now()),
  };
}
