import { expect, test } from '@jest/globals';
import { formatEvent } from '../../../../lib/cli/dlq/format-event.ts';
import { createStoredDeadLetter } from '../../../support/dead-letter-fixtures.ts';

const withBody = (body: string | Buffer) => createStoredDeadLetter(1, { body });

test('an event is shown without its values, and with them where that is asked for', () => {
  const event = { type: 'identify', traits: { plan: 'pro' } };
  const deadLetter = withBody(JSON.stringify(event));
  expect(formatEvent(deadLetter, false)).toEqual({ type: 'identify', traits: { plan: '‹text›' } });
  expect(formatEvent(deadLetter, true)).toEqual(event);
});

test('of what is no JSON only its size is shown, unless all is asked for', () => {
  const deadLetter = withBody('anna@example.com');
  expect(formatEvent(deadLetter, false)).toBe('‹16 bytes that are no JSON›');
  expect(formatEvent(deadLetter, true)).toBe('anna@example.com');
});

test('of what SQS cannot hold its size is shown, and where to find the rest', () => {
  expect(formatEvent(withBody(Buffer.from([0xff, 0xfe, 0x00])), true)).toMatch(
    /^‹3 bytes that SQS cannot hold; .* relay dlq export›$/,
  );
});
