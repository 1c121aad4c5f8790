import type { ReceivedMessage } from '../sqs/received-message.ts';
import { unexpectedErrorFields } from '../telemetry/error-fields.ts';
import type { SlotStats } from './attempt.ts';
import { createBatchSender } from './batch-sender.ts';
import { createGate } from './gate.ts';
import { createPacer } from './pacer.ts';
import type { DeliveryPorts, DeliverySettings } from './ports.ts';
import type { QueuedEvent } from './queued-event.ts';
import { createReceiver } from './receiver.ts';
import { MAX_OPERATIONS, orderingKeys, selectNextEvents } from './request.ts';
import { createSettlement } from './settlement.ts';

/** How long a lane keeps messages while it waits for a slot or for the API. */
export const MAX_WAIT_MS = 60_000;

/** An invocation takes on more messages for so long after its first request. */
export const RECEIVE_WINDOW_MS = 20_000;

/** What is kept of the invocation's time for the last request (10 s) and for settling. */
export const SETTLE_RESERVE_MS = 20_000;

const MAX_IN_FLIGHT = 4;

/** The event source mapping hands over ten at most: then there may be more. */
export const MAPPING_BATCH_SIZE = 10;

/** Received so often, a message may be what kills the worker: it goes last and alone. */
const SUSPECT_RECEIVE_COUNT = 20;

/** A crash hides a filled message for no longer than this after the invocation's time. */
const VISIBILITY_MARGIN_MS = 15_000;

export type Lane = {
  /**
   * Delivers the messages, and what else the queue has, until nothing is left to do or the time is up. `deadline` is
   * when the function ends, in milliseconds since the epoch. Returns the ids of the messages that are not done.
   */
  deliver(messages: readonly ReceivedMessage[], deadline: number): Promise<Set<string>>;
};

/** One concurrently running worker: its rate, and what it knows of the API, outlive an invocation. */
export function createLane(settings: DeliverySettings, ports: DeliveryPorts): Lane {
  const { queue, clock, log } = ports;
  const pacer = createPacer(settings.quota, clock.now());
  const gate = createGate(pacer, ports);
  const sendBatch = createBatchSender(settings, gate, ports);
  const receiveUpTo = createReceiver(queue);
  const aliasAlone = settings.mapping.alias === 'single';

  return {
    async deliver(messages, deadline) {
      const startedAt = clock.now();
      const sendDeadline = Math.min(startedAt + MAX_WAIT_MS, deadline - SETTLE_RESERVE_MS);
      const settlement = createSettlement(settings, ports);
      const locked = new Set<string>();
      const inFlight = new Set<Promise<void>>();
      let pending: QueuedEvent[] = [];
      let suspects: QueuedEvent[] = [];
      let receiveDeadline = Number.POSITIVE_INFINITY;
      // A queue that had no more to give is left alone for as long as a slot takes.
      let nextReceiveAt =
        messages.length < MAPPING_BATCH_SIZE ? startedAt + pacer.period(startedAt) : startedAt;

      function register(more: readonly ReceivedMessage[]): void {
        for (const message of more) {
          const queuedEvent = settlement.register(message);
          if (!queuedEvent) continue;
          const followsSuspect = suspects.some((suspect) => suspect.message.groupId === message.groupId);
          if (followsSuspect || message.receiveCount > SUSPECT_RECEIVE_COUNT) suspects.push(queuedEvent);
          else pending.push(queuedEvent);
        }
      }

      /** Returns how many messages it has received. */
      async function receiveMore(): Promise<number> {
        const target =
          MAX_OPERATIONS - pending.reduce((sum, queuedEvent) => sum + queuedEvent.operations.length, 0);
        const now = clock.now();
        if (target <= 0 || now >= receiveDeadline) return 0;
        const received = await receiveUpTo(
          target,
          Math.ceil((deadline - now + VISIBILITY_MARGIN_MS) / 1_000),
        );
        register(received);
        nextReceiveAt = received.length < target ? clock.now() + pacer.period(now) : clock.now();
        return received.length;
      }

      const selectNext = () => {
        pending = pending.filter((queuedEvent) => !settlement.isGroupFailed(queuedEvent));
        return selectNextEvents(pending, { locked, aliasAlone });
      };

      function start(queuedEvents: readonly QueuedEvent[], slotStats: SlotStats): void {
        const keys = queuedEvents.flatMap(orderingKeys);
        for (const key of keys) locked.add(key);
        pending = pending.filter((queuedEvent) => !queuedEvents.includes(queuedEvent));
        const batch = sendBatch({ queuedEvents, settlement, deadline: sendDeadline, slotStats })
          .catch((error: unknown) => {
            log.error('unexpected error caught', unexpectedErrorFields(error));
            for (const queuedEvent of queuedEvents) settlement.failGroup(queuedEvent);
          })
          .then(() => {
            for (const key of keys) locked.delete(key);
            return settlement.settleDone();
          })
          .finally(() => inFlight.delete(batch));
        inFlight.add(batch);
      }

      /** Waits until a request in flight has settled, at most until the moment. */
      async function waitForSettlement(wakeAt: number): Promise<void> {
        const settled = new AbortController();
        const timeout = clock.sleep(Math.max(0, wakeAt - clock.now()), settled.signal).catch(() => undefined);
        await Promise.race([...inFlight, timeout]);
        settled.abort(null);
      }

      /**
       * A request is out and nothing waits: by the time of the next slot there may be more to send. While the API is
       * closed, the backlog stays in the queue.
       */
      async function receiveIfDue(): Promise<void> {
        const now = clock.now();
        const resumesAt = now + (gate.resumesInMs() ?? Number.POSITIVE_INFINITY);
        const wakeAt = Math.max(nextReceiveAt, pacer.nextSlot(), resumesAt);
        if (wakeAt >= Math.min(receiveDeadline, sendDeadline)) await Promise.race(inFlight);
        else if (wakeAt > now) await waitForSettlement(wakeAt);
        else await receiveMore();
      }

      /** Waits for a slot and sends what fits; false when the time is up. */
      async function sendNextRequest(): Promise<boolean> {
        const waitStartedAt = clock.now();
        if (!(await gate.acquireSlot(sendDeadline))) return false;
        const now = clock.now();
        const received = now > waitStartedAt || now >= nextReceiveAt ? await receiveMore() : 0;
        const queuedEvents = selectNext();
        if (queuedEvents.length === 0 || gate.resumesInMs() !== 0) {
          pacer.releaseSlot(clock.now());
          return true;
        }
        receiveDeadline = Math.min(receiveDeadline, clock.now() + RECEIVE_WINDOW_MS);
        start(queuedEvents, { waitMs: now - waitStartedAt, received });
        return true;
      }

      register(messages);
      for (;;) {
        if (selectNext().length > 0 && inFlight.size < MAX_IN_FLIGHT) {
          if (!(await sendNextRequest())) break;
        } else if (pending.length === 0 && inFlight.size > 0) {
          await receiveIfDue();
        } else if (inFlight.size > 0) {
          await Promise.race(inFlight);
        } else {
          const [suspect, ...others] = suspects;
          if (!suspect) break;
          pending = [suspect];
          suspects = others;
          receiveDeadline = Number.NEGATIVE_INFINITY;
        }
      }
      await Promise.all(inFlight);
      await settlement.settleDone();
      const released = await settlement.releaseRest(gate.resumesInMs());
      return new Set(released.map(({ sqsMessageId }) => sqsMessageId));
    },
  };
}
