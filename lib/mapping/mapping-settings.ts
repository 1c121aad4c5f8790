export const ANONYMOUS_CONTACTS = ['keep', 'skip'] as const;
export const ALIAS_MODES = ['single', 'batch', 'off'] as const;
export const SCREEN_MODES = ['skip', 'event'] as const;

export type MappingSettings = {
  /** Whether a user who is known by an `anonymousId` only becomes a contact. */
  anonymousContacts: (typeof ANONYMOUS_CONTACTS)[number];
  /** How aliases are sent: a request each (so that a refusal is visible), in the batch, or not at all. */
  alias: (typeof ALIAS_MODES)[number];
  /** Whether a screen with a name becomes an event of that name. */
  screen: (typeof SCREEN_MODES)[number];
  /** What of an event's `context` becomes attributes of the event: paths such as `campaign` and `page.url`. */
  contextAttributes: readonly string[];
  /** Names of events that are skipped; here and in the next two any case matches, and `*` stands for any text. */
  excludeEvents: readonly string[];
  /** Names of attributes, as Salesmachine would see them, that are neither stored nor sent. */
  excludeAttributes: readonly string[];
  /** Names of query parameters that are cut out of URLs. */
  excludeQuery: readonly string[];
};
