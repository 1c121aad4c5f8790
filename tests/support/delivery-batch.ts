import { createBatchDelivery } from '../../lib/delivery/batch-sender.ts';
import { createGate } from '../../lib/delivery/gate.ts';
import { createPacer } from '../../lib/delivery/pacer.ts';
import { createLedger } from '../../lib/delivery/settlement.ts';
import type { JsonObject } from '../../lib/runtime/json.ts';
import type { Answer } from '../../lib/salesmachine/client.ts';
import type { Operation } from '../../lib/salesmachine/operation.ts';
import type { ReceivedMessage } from '../../lib/sqs/received-message.ts';
import { createVirtualTime } from '../simulation/virtual-time.ts';
import {
  answered,
  fakeQueue,
  fakeSalesmachine,
  messageOf,
  OK,
  type Request,
  SETTINGS,
  START,
  settled,
  track,
} from './delivery.ts';
import { recordingLog } from './log.ts';

export type Judge = (request: Request, index: number) => Answer;

/** A lane's delivery of batches, with time enough for each, at an API that judges what is not a ping. */
export function setUpBatches(
  judge: Judge,
  { ping = () => OK, afterMs = 0 }: { ping?: Judge; afterMs?: number } = {},
) {
  const time = createVirtualTime(START + afterMs);
  const log = recordingLog();
  const salesmachine = fakeSalesmachine(time, (request, index) =>
    (request.path === '/v1/ping' ? ping : judge)(request, index),
  );
  const queue = fakeQueue();
  const ports = { queue, salesmachine, clock: time, random: () => 0.5, log };
  const gate = createGate(createPacer(SETTINGS.quota, time.now()), ports);
  const deliverBatch = createBatchDelivery(SETTINGS, gate, ports);

  let held: string[] = [];

  /** What becomes of the messages: the ids of those that are handed back. */
  async function deliver(messages: readonly ReceivedMessage[]): Promise<string[]> {
    const ledger = createLedger(SETTINGS, ports);
    const works = messages.flatMap((message) => ledger.take(message) ?? []);
    const until = time.now() + 60_000;
    const begun = (async () => {
      await gate.admit(until);
      await deliverBatch({ works, ledger, until });
      held = works.filter(ledger.hasFailed).map(({ message }) => message.messageId);
      await ledger.flush();
      return ledger.close(gate.opensIn());
    })();
    return (await settled(time, begun)).map(({ messageId }) => messageId);
  }

  const { requests } = salesmachine;
  return {
    time,
    queue,
    deliver,
    log,
    gate,
    batches: () => requests.filter(({ path }) => path !== '/v1/ping'),
    /** The messages of the last batch whose groups may not go on in this invocation. */
    held: () => held,
    pings: () => requests.filter(({ path }) => path === '/v1/ping'),
    dead: () => Object.fromEntries(queue.letters.map(({ origin, reason }) => [origin, reason])),
  };
}

export const idsOf = (messages: readonly ReceivedMessage[]) => messages.map(({ messageId }) => messageId);
export const messagesOf = (events: readonly JsonObject[]) => events.map((event) => messageOf(event));
export const ofUsers = (count: number, event = (userId: string) => track(userId)) =>
  messagesOf(Array.from({ length: count }, (_, index) => event(`u${index}`)));

export const has = ({ operations }: Request, is: (operation: Operation) => boolean) => operations.some(is);
export const isOf =
  (...userIds: string[]) =>
  (operation: Operation) =>
    operation.method !== 'account' && userIds.includes(operation.contact_uid);

export const refusing =
  (answer: Answer, is: (operation: Operation) => boolean): Judge =>
  (request) =>
    has(request, is) ? answer : OK;

export const REFUSED = answered(422, { error: 'email is not an address' });
