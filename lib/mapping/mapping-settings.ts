export type MappingSettings = {
  /** Whether a user who is known by an `anonymousId` only becomes a contact. */
  anonymousContacts: 'keep' | 'skip';
  /** How aliases are sent: a request each (so that a refusal is visible), in the batch, or not at all. */
  alias: 'single' | 'batch' | 'off';
};
