import { hash } from 'node:crypto';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const MD5 = '[0-9a-f]{32}';
const KSUID = '(?=[A-Za-z]*[0-9])[0-9A-Za-z]{27}';

/**
 * What Segment's own libraries and servers make: `ajs-next-1700000000000-UUID`, `node-MD5-UUID`, `api-KSUID` and their
 * like. Source: Segment's open-source libraries.
 */
const MADE_BY_SEGMENT = new RegExp(
  `^(?:(?:ajs|next|node|api|analytics|personas|segment|test|message)[-_])*(?:[0-9]{13}-)?(?:${UUID}|${MD5}(?:-${UUID})?|${KSUID})$`,
);

/** 16 hexadecimal digits: `printf %s "$id" | sha256sum` begins with the same. A slice would keep all 64 in memory. */
const shortHash = (id: string): string => hash('sha256', id, 'buffer').toString('hex', 0, 8);

/**
 * A Segment `messageId` as a log line may hold it: as it is if it is random by its form, else as the first 16 digits
 * of its SHA-256, for customers may put anything in its place, an e-mail address for example.
 */
export const toLoggableId = (messageId: string): string =>
  MADE_BY_SEGMENT.test(messageId) ? messageId : shortHash(messageId);
