import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { redact } from '../../../lib/cli/redact.ts';
import { isJsonObject, type Json } from '../../../lib/runtime/json.ts';

describe('a redacted event', () => {
  test('keeps its keys, what is not personal, and what is empty', () => {
    expect(
      redact({
        type: 'track',
        event: 'Order Completed',
        messageId: 'm1',
        timestamp: '2026-01-02T03:04:05Z',
        userId: 'ada',
        anonymousId: null,
        properties: { email: 'ada@example.com', total: 9.5, vip: true, coupon: '', tags: ['a', 4711] },
        context: { ip: '192.0.2.1', page: { url: 'https://example.com/ada' }, timezone: ' ' },
      }),
    ).toEqual({
      type: 'track',
      event: 'Order Completed',
      messageId: 'm1',
      timestamp: '2026-01-02T03:04:05Z',
      userId: '‹text›',
      anonymousId: null,
      properties: {
        email: '‹email›',
        total: '‹number›',
        vip: '‹boolean›',
        coupon: '',
        tags: ['‹text›', '‹number›'],
      },
      context: { ip: '‹text›', page: { url: '‹url›' }, timezone: '‹blank›' },
    });
  });

  test('shows nothing that slipped into the wrong place', () => {
    expect(redact({ event: 'Mail to ada@example.com', type: { name: 'Ada' }, 'ada@example.com': 1 })).toEqual(
      {
        event: '‹email›',
        type: { name: '‹text›' },
        '‹email›': '‹number›',
      },
    );
    expect(redact('Ada')).toBe('‹text›');
    expect(redact({ event: 'x'.repeat(100), messageId: 'x'.repeat(101) })).toEqual({
      event: 'x'.repeat(100),
      messageId: '‹text›',
    });
  });

  test('is cut where it is nested too deep to be read', () => {
    const deep = Array.from({ length: 100_000 }).reduce<Json>((inner) => ({ a: inner }), 'Ada');
    expect(JSON.stringify(redact(deep))).toContain('‹nested deeper›');
  });

  test('holds no text or number of its traits, whatever these are', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (traits) => {
        const redacted = redact(JSON.parse(JSON.stringify({ type: 'identify', traits })));
        expect(leaves(redacted).filter((leaf) => !isMask(leaf))).toEqual(['identify']);
      }),
    );
  });
});

const leaves = (value: Json): Json[] => {
  if (Array.isArray(value)) return value.flatMap(leaves);
  return isJsonObject(value) ? Object.values(value).flatMap(leaves) : [value];
};

const isMask = (leaf: Json) => leaf === null || leaf === '' || /^‹[a-z ]+›$/.test(String(leaf));
