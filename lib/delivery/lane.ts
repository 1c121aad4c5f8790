import type { ReceivedMessage } from '../sqs/received-message.ts';
import type { Slot } from './attempt.ts';
import { createBatchDelivery } from './batch-sender.ts';
import { createGate } from './gate.ts';
import { createPacer } from './pacer.ts';
import type { DeliveryPorts, DeliverySettings } from './ports.ts';
import type { Work } from './queued-event.ts';
import { createFill } from './receiver.ts';
import { choose, locksOf, MAX_OPERATIONS } from './request.ts';
import { createLedger } from './settlement.ts';

/** How long a lane keeps messages while it waits for a slot or for the API. */
export const HOLD_MS = 60_000;

/** An invocation takes on more messages for so long after its first request. */
export const FILL_MS = 20_000;

/** What is kept of the invocation's time for the last request (10 s) and for settling. */
export const RESERVE_MS = 20_000;

const MAX_IN_FLIGHT = 4;

/** The event source mapping hands over ten at most: then there may be more. */
export const FULL_BATCH = 10;

/** Received so often, a message may be what kills the worker: it goes last and alone. */
const SUSPECT_RECEIVES = 20;

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
  const deliverBatch = createBatchDelivery(settings, gate, ports);
  const receiveMore = createFill(queue);
  const aliasAlone = settings.mapping.alias === 'single';

  return {
    async deliver(messages, deadline) {
      const startedAt = clock.now();
      const until = Math.min(startedAt + HOLD_MS, deadline - RESERVE_MS);
      const ledger = createLedger(settings, ports);
      const locked = new Set<string>();
      const inFlight = new Set<Promise<void>>();
      let pending: Work[] = [];
      let suspects: Work[] = [];
      let fillUntil = Number.POSITIVE_INFINITY;
      // A queue that had no more to give is left alone for as long as a slot takes.
      let fillFrom = messages.length < FULL_BATCH ? startedAt + pacer.period(startedAt) : startedAt;

      function take(more: readonly ReceivedMessage[]): void {
        for (const message of more) {
          const work = ledger.take(message);
          if (!work) continue;
          const behind = suspects.some((suspect) => suspect.message.groupId === message.groupId);
          if (behind || message.receiveCount > SUSPECT_RECEIVES) suspects.push(work);
          else pending.push(work);
        }
      }

      /** Returns how many messages it has received. */
      async function fill(): Promise<number> {
        const wanted = MAX_OPERATIONS - pending.reduce((sum, work) => sum + work.parts.length, 0);
        const now = clock.now();
        if (wanted <= 0 || now >= fillUntil) return 0;
        const got = await receiveMore(wanted, Math.ceil((deadline - now + VISIBILITY_MARGIN_MS) / 1_000));
        take(got);
        fillFrom = got.length < wanted ? clock.now() + pacer.period(now) : clock.now();
        return got.length;
      }

      const choosable = () => {
        pending = pending.filter((work) => !ledger.hasFailed(work));
        return choose(pending, { locked, aliasAlone });
      };

      function start(works: readonly Work[], slot: Slot): void {
        const locks = works.flatMap(locksOf);
        for (const lock of locks) locked.add(lock);
        pending = pending.filter((work) => !works.includes(work));
        const batch = deliverBatch({ works, ledger, until, slot })
          .catch((error: unknown) => {
            log.error('a batch ended in an unforeseen way', {
              error: error instanceof Error ? error.name : 'unknown',
            });
            for (const work of works) ledger.fail(work);
          })
          .then(() => {
            for (const lock of locks) locked.delete(lock);
            return ledger.flush();
          })
          .finally(() => inFlight.delete(batch));
        inFlight.add(batch);
      }

      /** Waits until a request in flight has settled, at most until the moment. */
      async function settledBy(moment: number): Promise<void> {
        const settled = new AbortController();
        const late = clock.sleep(Math.max(0, moment - clock.now()), settled.signal).catch(() => undefined);
        await Promise.race([...inFlight, late]);
        settled.abort(null);
      }

      /**
       * A request is out and nothing waits: by the time of the next slot there may be more to send. While the API is
       * closed, the backlog stays in the queue.
       */
      async function lookForMore(): Promise<void> {
        const now = clock.now();
        const opensAt = now + (gate.opensIn() ?? Number.POSITIVE_INFINITY);
        const moment = Math.max(fillFrom, pacer.nextSlot(), opensAt);
        if (moment >= Math.min(fillUntil, until)) await Promise.race(inFlight);
        else if (moment > now) await settledBy(moment);
        else await fill();
      }

      /** Waits for a slot and sends what fits; false when the time is up. */
      async function sendNext(): Promise<boolean> {
        const askedAt = clock.now();
        if (!(await gate.admit(until))) return false;
        const now = clock.now();
        const filled = now > askedAt || now >= fillFrom ? await fill() : 0;
        const works = choosable();
        if (works.length === 0 || gate.opensIn() !== 0) {
          pacer.giveBack(clock.now());
          return true;
        }
        fillUntil = Math.min(fillUntil, clock.now() + FILL_MS);
        start(works, { waitMs: now - askedAt, filled });
        return true;
      }

      take(messages);
      for (;;) {
        if (choosable().length > 0 && inFlight.size < MAX_IN_FLIGHT) {
          if (!(await sendNext())) break;
        } else if (pending.length === 0 && inFlight.size > 0) {
          await lookForMore();
        } else if (inFlight.size > 0) {
          await Promise.race(inFlight);
        } else {
          const [suspect, ...others] = suspects;
          if (!suspect) break;
          pending = [suspect];
          suspects = others;
          fillUntil = Number.NEGATIVE_INFINITY;
        }
      }
      await Promise.all(inFlight);
      await ledger.flush();
      const left = await ledger.close(gate.opensIn());
      return new Set(left.map(({ messageId }) => messageId));
    },
  };
}
