import { describe, expect, test } from '@jest/globals';
import { findExcludedName, findSourceSkipCause } from '../../../lib/mapping/skip-cause.ts';
import { type Json, type JsonObject, parseJson } from '../../../lib/runtime/json.ts';
import { DEFAULT_MAPPING } from '../../support/mapping-settings.ts';

const track: JsonObject = { type: 'track', userId: 'u1', event: 'Order Completed' };

describe('what is not meant for Salesmachine is skipped, even if it is not valid', () => {
  test.each<[JsonObject, string]>([
    [{ type: 'screen', userId: 'u1', name: 'Main' }, 'screen'],
    [{ type: 'delete', userId: 'u1' }, 'delete'],
    [{ type: 'screen' }, 'screen'],
    [{ type: 'delete', properties: parseJson('['.repeat(100) + ']'.repeat(100)) }, 'delete'],
    [{ ...track, integrations: { All: true, Salesmachine: false } }, 'integrations'],
    [{ type: 'unknown', integrations: { Salesmachine: false } }, 'integrations'],
    [{ type: 'screen', integrations: { Salesmachine: false } }, 'integrations'],
  ])('case %#: %j', (value, cause) => {
    expect(findSourceSkipCause(value, DEFAULT_MAPPING)).toBe(cause);
  });

  test.each<[Json]>([
    [{ All: false }],
    [{ Salesmachine: true }],
    [{ Salesmachine: 'false' }],
    [{ Salesmachine: null }],
    [{ Salesmachine: 0 }],
    [{ Salesmachine: {} }],
    [{ salesmachine: false }],
    [[]],
    [null],
    [false],
  ])('but not for the integrations %j', (integrations) => {
    expect(findSourceSkipCause({ ...track, integrations }, DEFAULT_MAPPING)).toBeUndefined();
  });

  test.each<[Json]>([[null], [[]], ['delete'], [7], [{}]])('nor is %j', (value) => {
    expect(findSourceSkipCause(value, DEFAULT_MAPPING)).toBeUndefined();
  });
});

describe('a name is excluded', () => {
  const find = (event: JsonObject, ...excludeEvents: string[]) =>
    findExcludedName(event, { ...DEFAULT_MAPPING, excludeEvents });

  test.each<[JsonObject, string, boolean]>([
    [{ type: 'track', event: 'Heart Beat' }, 'heart beat', true],
    [{ type: 'track', event: 'heart-beat' }, 'Heart Beat', true],
    [{ type: 'track', event: 'HeartBeat' }, 'heart_beat', true],
    [{ type: 'track', event: 'HeartBeat' }, 'heart_*', true],
    [{ type: 'track', event: 'heart-beat' }, 'Heart B*', false],
    [{ type: 'track', name: 'Heart Beat' }, 'Heart Beat', false],
    [{ type: 'page', name: 'Home' }, 'home', true],
    [{ type: 'page' }, 'pageview', true],
    [{ type: 'page', name: 'Home' }, 'pageview', false],
    [{ type: 'screen', name: 'Home' }, 'home', true],
    [{ type: 'screen' }, '*', false],
    [{ type: 'identify', name: 'Home' }, 'home', false],
    [{ type: 'group', event: 'Home' }, '*', false],
  ])('%j by %s: %p', (event, pattern, isExcluded) => {
    expect(find(event, 'other', pattern)).toBe(isExcluded ? pattern : undefined);
    expect(find(event, 'other')).toBeUndefined();
    expect(find(event)).toBeUndefined();
  });
});
