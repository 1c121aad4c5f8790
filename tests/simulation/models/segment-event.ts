import { type Kind, markOf } from '../checks/event-tracker.ts';

/** Stands in every trait, id, address and secret of the simulated world; no log line may hold it. */
export const CANARY = 'canary';

const ACCOUNTS_PER_THOUSAND_USERS = 50;

export const accountOf = (user: number): string => `${CANARY}-account-${user % ACCOUNTS_PER_THOUSAND_USERS}`;

type Described = {
  number: number;
  kind: Kind;
  user: number;
  timestamp: number;
  sentAt: number;
  /** Bytes that the event holds beside what it needs. */
  bulk: number;
};

/** The event as Segment would send it, compact. Built by hand, for there are millions. */
export function eventJson({ number, kind, user, timestamp, sentAt, bulk }: Described): string {
  const mark = markOf(number);
  const at = new Date(timestamp).toISOString();
  const sent = new Date(sentAt).toISOString();
  return (
    `{"messageId":"${mark}","userId":"${CANARY}-user-${user}","timestamp":"${at}","originalTimestamp":"${at}",` +
    `"sentAt":"${sent}","receivedAt":"${sent}","version":2,"context":{"ip":"203.0.113.77",` +
    `"userAgent":"Mozilla/5.0 ${CANARY}","library":{"name":"analytics.js","version":"2.1.0"}},"integrations":{},` +
    `${ownFields[kind](number, mark, user, bulk === 0 ? '' : `,"bulk":"${'x'.repeat(bulk)}"`)}}`
  );
}

/** What differs by kind. `latest` tells which of several merged events has won; `bulk` is one more field, or none. */
const ownFields: Record<Kind, (number: number, mark: string, user: number, bulk: string) => string> = {
  track: (_, mark, __, bulk) =>
    `"type":"track","event":"Order Completed","properties":{"${mark}":1,"revenue":9.5,"coupon":"${CANARY}"${bulk}}`,
  identify: (number, mark, user, bulk) =>
    `"type":"identify","traits":{"${mark}":1,"latest":${number},"email":"${CANARY}-${user}@example.com"${bulk}}`,
  page: (_, mark) => `"type":"page","properties":{"${mark}":1,"url":"https://example.com/${CANARY}"}`,
  'named page': (_, mark) =>
    `"type":"page","name":"Pricing","properties":{"${mark}":1,"url":"https://example.com/${CANARY}"}`,
  group: (number, mark, user) =>
    `"type":"group","groupId":"${accountOf(user)}","traits":{"${mark}":1,"latest":${number},"name":"${CANARY}"}`,
  alias: (_, mark) => `"type":"alias","previousId":"${CANARY}-${mark}"`,
};
