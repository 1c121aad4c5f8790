/** The types of Segment's calls. Source: Segment's spec, and its deletion requests. */
export const EVENT_TYPES = ['identify', 'track', 'page', 'screen', 'group', 'alias', 'delete'] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** The type if it is a known one, and so may be shown and logged: another text could be personal data. */
export const toEventType = (value: unknown): EventType | undefined =>
  EVENT_TYPES.find((type) => type === value);
