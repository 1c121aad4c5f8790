export type Scalar = string | number | boolean | null;

/** Attributes of an operation. Salesmachine documents text, number, date and boolean; nothing nested. */
export type Params = Record<string, Scalar>;

type TraceFields = {
  /** When it happened: ISO 8601 UTC with milliseconds. */
  created_at?: string;
  /** Segment's `messageId`: a tracing aid that Salesmachine ignores. */
  messageId?: string;
};

export type ContactOperation = { method: 'contact'; contact_uid: string; params: Params } & TraceFields;
export type AccountOperation = { method: 'account'; account_uid: string; params: Params } & TraceFields;
export type EventOperation = {
  method: 'event';
  contact_uid: string;
  event_uid: string;
  params: Params;
} & TraceFields;
/** "Link and merge two contacts": `contact_uid` survives. The shape is a guess, see docs/limits.md. */
export type AliasOperation = {
  method: 'alias';
  contact_uid: string;
  previous_contact_uid: string;
} & TraceFields;

/** One item of Salesmachine's API, as it stands in the array that `POST /v1/batch` takes. */
export type Operation = ContactOperation | AccountOperation | EventOperation | AliasOperation;
