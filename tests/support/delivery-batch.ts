import { createBatchSender } from '../../lib/delivery/batch-sender.ts';
import type { QueuedEvent } from '../../lib/delivery/queued-event.ts';
import { createSettlement } from '../../lib/delivery/settlement.ts';
import type { JsonObject } from '../../lib/runtime/json.ts';
import type { ApiResult } from '../../lib/salesmachine/client.ts';
import type { Operation } from '../../lib/salesmachine/operation.ts';
import type { ReceivedMessage } from '../../lib/sqs/received-message.ts';
import {
  createLaneParts,
  createMessage,
  createResponse,
  fakeQueue,
  fakeSalesmachine,
  OK,
  type Request,
  registerMessage,
  runToEnd,
  SETTINGS,
  START,
  track,
} from './delivery.ts';
import { recordingLog } from './log.ts';
import { createVirtualTime } from './virtual-time.ts';

export type Responder = (request: Request, index: number) => ApiResult;

type Options = {
  ping?: Responder;
  afterMs?: number;
  /** What leaves a search is the next batch; otherwise nothing leaves it. */
  dismisses?: boolean;
};

/** A lane's delivery of batches, with time enough for each, at an API that judges what is not a ping. */
export function setUpBatches(
  respond: Responder,
  { ping = () => OK, afterMs = 0, dismisses = false }: Options = {},
) {
  const time = createVirtualTime(START + afterMs);
  const log = recordingLog();
  const salesmachine = fakeSalesmachine(time, (request, index) =>
    (request.path === '/v1/ping' ? ping : respond)(request, index),
  );
  const queue = fakeQueue();
  const ports = { queue, salesmachine, clock: time, random: () => 0.5, log };
  const parts = createLaneParts(ports);
  const { gate, evidence, kept } = parts;
  const sendBatch = createBatchSender(SETTINGS, { ...ports, ...parts });

  let failedSqsMessageIds: string[] = [];

  /** What becomes of the messages: the ids of those that are released. */
  async function deliver(messages: readonly ReceivedMessage[]): Promise<string[]> {
    const settlement = createSettlement(ports);
    const queuedEvents = messages.flatMap((message) => registerMessage(settlement, message, ports) ?? []);
    const deadline = time.now() + 60_000;
    for (const queuedEvent of queuedEvents) queuedEvent.dismissals = dismisses ? 0 : Number.POSITIVE_INFINITY;
    let pending: readonly QueuedEvent[] = queuedEvents;
    const takeBack = (dismissed: readonly QueuedEvent[]) => {
      pending = [...dismissed, ...pending];
    };
    const delivery = (async () => {
      while (pending.length > 0) {
        const batch = pending;
        pending = [];
        await gate.acquireSlot(deadline);
        const callbacks = { onFailure: () => undefined, takeBack };
        await sendBatch({ queuedEvents: batch, settlement, deadline, slotStats: {}, ...callbacks });
      }
      failedSqsMessageIds = queuedEvents
        .filter(({ message }) => settlement.isGroupFailed(message))
        .map(({ message }) => message.sqsMessageId);
      await settlement.settleDone();
      return settlement.releaseRest(gate.resumesInMs());
    })();
    return (await runToEnd(time, delivery)).map(({ message }) => message.sqsMessageId);
  }

  const { requests } = salesmachine;
  return {
    time,
    queue,
    deliver,
    log,
    gate,
    evidence,
    kept,
    batches: () => requests.filter(({ path }) => path !== '/v1/ping'),
    /** The messages of the last batch whose groups may not go on in this invocation. */
    failedSqsMessageIds: () => failedSqsMessageIds,
    pings: () => requests.filter(({ path }) => path === '/v1/ping'),
    dead: () => Object.fromEntries(queue.deadLetters.map(({ sourceId, reason }) => [sourceId, reason])),
  };
}

export const sqsMessageIds = (messages: readonly ReceivedMessage[]) =>
  messages.map(({ sqsMessageId }) => sqsMessageId);
export const createMessages = (events: readonly JsonObject[]) => events.map((event) => createMessage(event));
export const messagesOfUsers = (count: number, event = (userId: string) => track(userId)) =>
  createMessages(Array.from({ length: count }, (_, index) => event(`u${index}`)));

export const contains = ({ operations }: Request, is: (operation: Operation) => boolean) =>
  operations.some(is);
export const touchesUser =
  (...userIds: string[]) =>
  (operation: Operation) =>
    operation.method !== 'account' && userIds.includes(operation.contact_uid);

export const rejectWhere =
  (response: ApiResult, is: (operation: Operation) => boolean): Responder =>
  (request) =>
    contains(request, is) ? response : OK;

export const REJECTED = createResponse(422, { error: 'email is not an address' });
