import { expect, test } from '@jest/globals';
import { mapBody } from '../../../lib/mapping/map-body.ts';
import { DEFAULT_MAPPING } from '../../support/mapping-settings.ts';

const ACCEPTED_AT = '2026-01-02T03:04:05.678Z';

test('the body of a message is mapped as its event is', () => {
  const mapped = mapBody('{"type":"track","userId":"u1","event":"Ran"}', DEFAULT_MAPPING, ACCEPTED_AT);
  expect(mapped).toMatchObject({
    kind: 'operations',
    operations: [{ method: 'event', event_uid: 'ran', created_at: ACCEPTED_AT }],
  });
});

test.each(['', '{"type":"track"', 'undefined'])('the body %j is invalid: it is no JSON', (body) => {
  expect(mapBody(body, DEFAULT_MAPPING, ACCEPTED_AT)).toEqual({
    kind: 'invalid',
    detail: 'the body is not valid JSON',
  });
});

test('null is JSON, and no event', () => {
  expect(mapBody('null', DEFAULT_MAPPING, ACCEPTED_AT)).toEqual({
    kind: 'invalid',
    detail: 'an event must be a JSON object, but this is null',
  });
});

test('a mapping that throws is told apart from an event that is invalid, and the detail quotes nothing of the error', () => {
  const bug = new TypeError('cannot read anna@example.com');
  const broken = {
    ...DEFAULT_MAPPING,
    get excludeEvents(): string[] {
      throw bug;
    },
  };
  expect(mapBody('{"type":"track","userId":"u1","event":"Ran"}', broken, ACCEPTED_AT)).toEqual({
    kind: 'unmappable',
    detail: 'the relay failed to map the event (TypeError)',
    error: bug,
  });
});
