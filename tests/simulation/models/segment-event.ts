import { type Kind, toMarker } from '../checks/event-tracker.ts';
import { type FatalKind, toFatalMark } from './fatal-messages.ts';

/** Stands in every trait, id, address and secret of the simulated world; no log line may hold it. */
export const PII_MARKER = 'canary';

const ACCOUNTS = 50;
const ACCOUNTS_OF_A_USER = 3;
/** From one account of a user to the next. */
const ACCOUNT_STRIDE = 17;

export const contactOf = (user: number): string => `${PII_MARKER}-user-${user}`;

/** The account of a user's group event: each user belongs to several, which others belong to, too. */
export const accountOf = (user: number, event: number): string =>
  `${PII_MARKER}-account-${(user + ACCOUNT_STRIDE * (event % ACCOUNTS_OF_A_USER)) % ACCOUNTS}`;

type EventDescription = {
  number: number;
  kind: Kind;
  user: number;
  timestamp: number;
  sentAt: number;
  /** Bytes that the event holds beside what it needs. */
  bulk: number;
  fatal?: FatalKind | undefined;
};

/** The event as Segment would send it, compact. Built by hand, for there are millions. */
export function eventJson({ number, kind, user, timestamp, sentAt, bulk, fatal }: EventDescription): string {
  const marker = toMarker(number);
  const at = new Date(timestamp).toISOString();
  const sent = new Date(sentAt).toISOString();
  return (
    `{"messageId":"${marker}","userId":"${contactOf(user)}","timestamp":"${at}","originalTimestamp":"${at}",` +
    `"sentAt":"${sent}","receivedAt":"${sent}","version":2,"context":{${fatal ? `${toFatalMark(fatal)},` : ''}"ip":"203.0.113.77",` +
    `"userAgent":"Mozilla/5.0 ${PII_MARKER}","library":{"name":"analytics.js","version":"2.1.0"}},"integrations":{},` +
    `${ownFields[kind](number, marker, user, bulk === 0 ? '' : `,"bulk":"${'x'.repeat(bulk)}"`)}}`
  );
}

/** What differs by kind. `latest` tells which of several merged events has won; `bulk` is one more field, or none. */
const ownFields: Record<Kind, (number: number, marker: string, user: number, bulk: string) => string> = {
  track: (_, marker, __, bulk) =>
    `"type":"track","event":"Order Completed","properties":{"${marker}":1,"revenue":9.5,"coupon":"${PII_MARKER}"${bulk}}`,
  identify: (number, marker, user, bulk) =>
    `"type":"identify","traits":{"${marker}":1,"latest":${number},"email":"${PII_MARKER}-${user}@example.com"${bulk}}`,
  page: (_, marker) => `"type":"page","properties":{"${marker}":1,"url":"https://example.com/${PII_MARKER}"}`,
  'named page': (_, marker) =>
    `"type":"page","name":"Pricing","properties":{"${marker}":1,"url":"https://example.com/${PII_MARKER}"}`,
  group: (number, marker, user) =>
    `"type":"group","groupId":"${accountOf(user, number)}","traits":{"${marker}":1,"latest":${number},"name":"${PII_MARKER}"}`,
  alias: (_, marker) => `"type":"alias","previousId":"${PII_MARKER}-${marker}"`,
};
