import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { ReceivedMessage } from '../sqs/received-message.ts';
import { unexpectedErrorFields } from '../telemetry/error-fields.ts';
import type { Log } from '../telemetry/log.ts';
import { createBacklog } from './backlog.ts';
import { scatteredSeconds } from './backoff.ts';
import type { Batch, createBatchSender } from './batch-sender.ts';
import type { Gate } from './gate.ts';
import { createInFlight, type InFlightBatch } from './in-flight.ts';
import type { createLotChooser } from './lot.ts';
import type { Pacer } from './pacer.ts';
import type { SlotStats } from './post-request.ts';
import type { QueuedEvent } from './queued-event.ts';
import type { createMessageReader } from './read-message.ts';
import type { createReceiver } from './receiver.ts';
import type { Released } from './release.ts';
import { orderingKeys } from './request.ts';
import { createSettlement, type DeliveryQueue } from './settlement.ts';

/** How long a lane keeps messages while it waits for a slot or for the API. */
export const MAX_WAIT_MS = 60_000;

/** An invocation receives more messages for so long after its first request. */
export const RECEIVE_WINDOW_MS = 20_000;

/** The end of the invocation's time, kept for the last request (10 s) and for settling. */
export const SETTLE_RESERVE_MS = 20_000;

/** While the breaker is open, a lane holds so many batches to probe with. */
const MAX_PROBED_BATCHES = 3;

/** The event source mapping hands over ten at most: then there may be more. */
export const MAPPING_BATCH_SIZE = 10;

/** After a crash, a received message stays invisible for so long beyond the invocation's time. */
const VISIBILITY_MARGIN_MS = 15_000;

type LaneParts = {
  queue: DeliveryQueue;
  clock: Clock;
  random: Random;
  log: Log;
  aliasAlone: boolean;
  gate: Gate;
  pacer: Pacer;
  sendBatch: ReturnType<typeof createBatchSender>;
  receiveUpTo: ReturnType<typeof createReceiver>;
  readMessage: ReturnType<typeof createMessageReader>;
  chooseLot: ReturnType<typeof createLotChooser>;
};

/**
 * One invocation of a lane: waits for slots, receives, sends, and settles its messages. `deadline` is when the function
 * ends, in milliseconds since the epoch. Resolves with the messages that are not done, and were released.
 */
export function createInvocationRunner(lane: LaneParts) {
  const { clock, log, gate, pacer } = lane;

  return async function run(messages: readonly ReceivedMessage[], deadline: number): Promise<Released[]> {
    const startedAt = clock.now();
    const sendDeadline = Math.min(startedAt + MAX_WAIT_MS, deadline - SETTLE_RESERVE_MS);
    const settlement = createSettlement(lane);
    const inFlight = createInFlight(clock);
    const backlog = createBacklog({
      settlement,
      readMessage: (message) => lane.readMessage(message, settlement),
      chooseLot: lane.chooseLot,
    });
    let receiveDeadline = Number.POSITIVE_INFINITY;
    // A queue that had no more to give is left alone for as long as a slot takes.
    let nextReceiveAt =
      messages.length < MAPPING_BATCH_SIZE ? startedAt + pacer.period(startedAt) : startedAt;

    const visibilitySeconds = () => Math.ceil((deadline - clock.now() + VISIBILITY_MARGIN_MS) / 1_000);

    /** Returns how many messages it has received. While the breaker is open, the backlog stays in the queue. */
    async function receiveMore(): Promise<number> {
      const isPaused = gate.pause() !== undefined;
      const target = isPaused ? Math.min(MAPPING_BATCH_SIZE, backlog.room()) : backlog.room();
      const now = clock.now();
      if (target <= 0 || now >= receiveDeadline) return 0;
      const received = await lane.receiveUpTo(target, visibilitySeconds());
      backlog.add(received);
      nextReceiveAt = received.length < target ? clock.now() + pacer.period(now) : clock.now();
      return received.length;
    }

    function selectNext(): QueuedEvent[] {
      const selection = { locked: inFlight.locked, aliasAlone: lane.aliasAlone };
      const pause = gate.pause();
      if (pause === undefined) return backlog.select(selection);
      return backlog.selectProbe(pause.isRefusal ? { ...selection, maxEvents: 1 } : selection);
    }

    async function deliver(batch: Omit<Batch, 'settlement' | 'deadline'>): Promise<void> {
      try {
        await lane.sendBatch({ ...batch, settlement, deadline: sendDeadline });
      } catch (error) {
        log.error('unexpected error caught', unexpectedErrorFields(error));
        for (const { message } of batch.queuedEvents) settlement.failGroup(message);
      }
    }

    function start(queuedEvents: readonly QueuedEvent[], slotStats: SlotStats): void {
      backlog.remove(queuedEvents);
      const keys = queuedEvents.flatMap(orderingKeys);
      const deliverBatch = ({ onFailure, unlock }: InFlightBatch) => {
        const takeBack = (dismissed: readonly QueuedEvent[]) => {
          backlog.putBack(dismissed);
          unlock(dismissed.flatMap(orderingKeys));
        };
        return deliver({ queuedEvents, slotStats, onFailure, takeBack });
      };
      inFlight.add(keys, deliverBatch, settlement.settleDone);
    }

    /**
     * A request is out and nothing waits: by the time of the next slot there may be more to send. While delivery is
     * paused, the backlog stays in the queue, but for what the breaker needs to probe another batch each time.
     */
    async function receiveIfDue(): Promise<void> {
      const now = clock.now();
      const mayReceive = gate.pause() === undefined || inFlight.size() < MAX_PROBED_BATCHES;
      const wakeAt = mayReceive
        ? Math.max(nextReceiveAt, pacer.nextSlot(), now + (gate.resumesInMs() ?? 0))
        : Number.POSITIVE_INFINITY;
      if (wakeAt >= Math.min(receiveDeadline, sendDeadline)) await inFlight.next();
      else if (wakeAt > now) await inFlight.next(wakeAt);
      else await receiveMore();
    }

    /** Waits for a slot and sends what fits; false when the time is up. */
    async function sendNextRequest(): Promise<boolean> {
      const waitStartedAt = clock.now();
      if (!(await gate.acquireSlot(sendDeadline))) return false;
      const now = clock.now();
      const received = now > waitStartedAt || now >= nextReceiveAt ? await receiveMore() : 0;
      const queuedEvents = selectNext();
      if (queuedEvents.length === 0 || !gate.admits()) {
        gate.releaseSlot();
        return true;
      }
      receiveDeadline = Math.min(receiveDeadline, clock.now() + RECEIVE_WINDOW_MS);
      start(queuedEvents, { waitMs: now - waitStartedAt, received });
      return true;
    }

    /**
     * Nothing else is on its way, so what was received before may be read. Should one of them end the worker, the
     * others come back at other moments than it: each is made visible at its own.
     */
    async function admitSuspects(): Promise<true> {
      const released = backlog.admitSuspects().map((message) => ({
        message,
        seconds: scatteredSeconds(visibilitySeconds(), lane.random),
      }));
      await lane.queue.release(released);
      return true;
    }

    /** Takes the next step; false when nothing is left to do, or the time is up. */
    async function proceed(): Promise<boolean> {
      if (inFlight.hasRoom() && selectNext().length > 0) return sendNextRequest();
      if (inFlight.active() === 0 && backlog.hasSuspects()) return admitSuspects();
      if (inFlight.size() === 0) return false;
      await (backlog.isEmpty() ? receiveIfDue() : inFlight.next());
      return true;
    }

    backlog.add(messages);
    while (await proceed());
    await inFlight.all();
    await settlement.settleDone();
    return settlement.releaseRest(gate.resumesInMs());
  };
}
