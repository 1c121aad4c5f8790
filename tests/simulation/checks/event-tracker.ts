/**
 * What a run knows of each event. Events are numbered from 0, and carry their number through everything as a
 * property or trait of its own, `sim_<number>`, which survives mapping and merging.
 */
export type EventTracker = ReturnType<typeof createEventTracker>;

export const KINDS = ['track', 'identify', 'page', 'named page', 'group', 'alias'] as const;
export type Kind = (typeof KINDS)[number];

/** The parts of an event that reach Salesmachine, as bits. */
export const OPERATION = { event: 1, pageview: 2, contact: 4, account: 8, alias: 16 } as const;

/** What has to arrive for an event to count as delivered. */
const REQUIRED_OPERATIONS: Record<Kind, number> = {
  track: OPERATION.event,
  identify: OPERATION.contact,
  page: OPERATION.pageview,
  'named page': OPERATION.pageview | OPERATION.event,
  group: OPERATION.account,
  alias: OPERATION.alias,
};

/** Why an event may arrive twice, as bits. */
export const DUPLICATE_CAUSE = {
  /** Salesmachine applied a request whose answer never came. */
  unanswered: 1,
  /** A worker died, or threw, while it held the event. */
  killed: 2,
  /** SQS failed to delete the message. */
  undeleted: 4,
  /** Segment sent it again when SQS had forgotten it. */
  resent: 8,
  /** Only some of its operations had been delivered, and a message comes back as a whole. */
  partial: 16,
} as const;

const NEVER = Number.POSITIVE_INFINITY;
/** SQS recognises a message for five minutes from when it came, which is a little after it was sent. */
const DEDUPLICATION_WINDOW_MS = 290_000;

export function createEventTracker(capacity: number) {
  const events = {
    kind: new Uint8Array(capacity),
    user: new Uint32Array(capacity),
    /** The status that every request is answered with that holds the event; 0 if there is nothing wrong with it. */
    rejectedWith: new Uint16Array(capacity),
    /** Reading it strikes the worker: it is delivered by luck, if at all. */
    isFatal: new Uint8Array(capacity),
    /** The status that the first request is answered with that holds the event, and only that; 0 for none. */
    conflictsWith: new Uint16Array(capacity),
    /** Until then a request that holds the event fails with 500. */
    flakyUntil: new Float64Array(capacity),
    /** The event's own time, which is not the order of arrival. */
    timestamp: new Float64Array(capacity),
    firstSentAt: new Float64Array(capacity).fill(NEVER),
    acceptedAt: new Float64Array(capacity).fill(NEVER),
    webhook: new Uint32Array(capacity),
    deliveredAt: new Float64Array(capacity).fill(NEVER),
    /** When its dead letter was written. */
    deadAt: new Float64Array(capacity).fill(NEVER),
    /** The place of the request that delivered it first, in the order in which requests were applied. */
    deliveredIn: new Uint32Array(capacity),
    arrivedOperations: new Uint8Array(capacity),
    /** The place of the request that delivered the last of its parts; 0 before. */
    completedIn: new Uint32Array(capacity),
    duplicates: new Uint8Array(capacity),
    causes: new Uint8Array(capacity),
  };
  let size = 0;
  let merged = 0;

  const tracker = {
    events,
    size: () => size,
    merged: () => merged,

    add: (event: {
      kind: Kind;
      user: number;
      rejectedWith: number;
      conflictsWith?: number;
      isFatal?: boolean;
      flakyUntil: number;
      timestamp: number;
      webhook: number;
    }): number => {
      const number = size;
      size += 1;
      events.kind[number] = KINDS.indexOf(event.kind);
      events.user[number] = event.user;
      events.rejectedWith[number] = event.rejectedWith;
      events.conflictsWith[number] = event.conflictsWith ?? 0;
      events.isFatal[number] = event.isFatal === true ? 1 : 0;
      events.flakyUntil[number] = event.flakyUntil;
      events.timestamp[number] = event.timestamp;
      events.webhook[number] = event.webhook;
      return number;
    },

    onSent: (number: number, now: number) => {
      const first = Math.min(events.firstSentAt[number] ?? NEVER, now);
      events.firstSentAt[number] = first;
      if (now - first >= DEDUPLICATION_WINDOW_MS) tracker.allowDuplicate(number, DUPLICATE_CAUSE.resent);
    },

    /** `now`: when a webhook with this event was answered by 2xx. */
    onAccepted: (number: number, now: number) => {
      events.acceptedAt[number] = Math.min(events.acceptedAt[number] ?? NEVER, now);
    },

    /** One operation of this event was applied, by the request at this place. */
    onDelivered: (number: number, operation: number, request: number, now: number) => {
      const arrivedOperations = events.arrivedOperations[number] ?? 0;
      if ((arrivedOperations & operation) !== 0) {
        events.duplicates[number] = Math.min(255, (events.duplicates[number] ?? 0) + 1);
        const completedIn = events.completedIn[number] || request;
        // The other operation of a group call, the contact's link, has no mark: it may have been missing still.
        const isLinked = tracker.kindOf(number) === 'group';
        if (completedIn === request || isLinked) tracker.allowDuplicate(number, DUPLICATE_CAUSE.partial);
        return;
      }
      events.arrivedOperations[number] = arrivedOperations | operation;
      if (arrivedOperations === 0) {
        events.deliveredAt[number] = now;
        events.deliveredIn[number] = request;
      }
      if (tracker.isDelivered(number)) events.completedIn[number] = request;
    },

    onGivenUp: (number: number, now: number) => {
      events.deadAt[number] = Math.min(events.deadAt[number] ?? NEVER, now);
    },

    onMerged: (operations: number) => {
      merged += operations;
    },

    allowDuplicate: (number: number, cause: number) => {
      events.causes[number] = (events.causes[number] ?? 0) | cause;
    },

    kindOf: (number: number): Kind => KINDS[events.kind[number] ?? 0] ?? 'track',
    isAccepted: (number: number): boolean => events.acceptedAt[number] !== NEVER,
    isDelivered: (number: number): boolean => {
      const needed = REQUIRED_OPERATIONS[KINDS[events.kind[number] ?? 0] ?? 'track'];
      return ((events.arrivedOperations[number] ?? 0) & needed) === needed;
    },
  };
  return tracker;
}

const MARKER = /sim_(\d+)/;

export const toMarker = (number: number): string => `sim_${number}`;

/** The number of the event in a message's body or in a name; undefined where there is none. */
export function parseEventNumber(text: string): number | undefined {
  const digits = MARKER.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
