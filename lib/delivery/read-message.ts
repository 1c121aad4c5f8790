import type { MappingSettings } from '../mapping/mapping-settings.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ReceivedMessage } from '../sqs/received-message.ts';
import { unexpectedErrorFields } from '../telemetry/error-fields.ts';
import type { Log } from '../telemetry/log.ts';
import type { Evidence } from './evidence.ts';
import { type QueuedEvent, readQueuedEvent } from './queued-event.ts';
import type { Settlement } from './settlement.ts';

/** No event that can be delivered takes so long to be parsed and mapped. */
const MAX_READ_MS = 10_000;

/** How long an event stays away that can neither be mapped nor be given up yet. */
const UNMAPPABLE_RETRY_MS = 300_000;

type Settings = { mapping: MappingSettings; maxEventAgeMs: number };
type Ports = { evidence: Evidence; clock: Clock; log: Log };

/**
 * Parses and maps a message; undefined if there is nothing to deliver, which is settled then. A mapping that throws, or
 * takes seconds, is a bug of ours: it counts like a refusal, so that only a few events are given up for it while no
 * other one passes.
 */
export function createMessageReader(settings: Settings, { evidence, clock, log }: Ports) {
  function mayGiveUp(message: ReceivedMessage): boolean {
    if (clock.now() - message.sentAt >= settings.maxEventAgeMs) return true;
    if (!evidence.mayGiveUpUnproven()) return false;
    evidence.recordUnproven();
    return true;
  }

  /** What takes too long to read would hold up all others each time that it is received. */
  function readInTime(message: ReceivedMessage): ReturnType<typeof readQueuedEvent> {
    const startedAt = clock.now();
    const event = readQueuedEvent(message, settings.mapping);
    const durationMs = clock.now() - startedAt;
    if (durationMs <= MAX_READ_MS) return event;
    const invalid = `Reading it took ${Math.round(durationMs / 1_000)} s.`;
    return { reason: 'unmappable', invalid, error: new Error(invalid) };
  }

  return function readMessage(message: ReceivedMessage, settlement: Settlement): QueuedEvent | undefined {
    const event = readInTime(message);
    if (!('invalid' in event)) {
      settlement.setEvent(event);
      if (event.operations.length > 0) return event;
      settlement.skip(message);
      return undefined;
    }
    const { reason, invalid, error } = event;
    if (reason === 'unmappable') {
      log.error('event not mapped', unexpectedErrorFields(error));
      if (!mayGiveUp(message)) {
        settlement.keepGroup(message, UNMAPPABLE_RETRY_MS);
        return undefined;
      }
    }
    settlement.rejectMessage(message, { reason, detail: invalid });
    return undefined;
  };
}
