import { describe, expect, test } from '@jest/globals';
import { explainEvent } from '../../../lib/mapping/explain-event.ts';
import { DEFAULT_MAPPING } from '../../support/mapping-settings.ts';

const identify = { type: 'identify', userId: 'u1', traits: { plan: 'pro' } };
const manyTraits = Array.from({ length: 10_000 }, (_, index) => [`key ${index}`, 'value']);

describe('an event is explained', () => {
  test('by what each value is made of', () => {
    const explanation = explainEvent(identify, DEFAULT_MAPPING);
    expect(explanation).toMatchObject({
      fields: [
        [
          { name: 'contact_uid', value: 'u1', origin: '← userId' },
          { name: 'params.plan', value: 'pro', origin: '← traits.plan' },
        ],
      ],
    });
  });

  test('without that if it has so many fields that asking the mapping about each would take minutes', () => {
    const traits = Object.fromEntries(manyTraits);
    const explanation = explainEvent({ ...identify, traits }, DEFAULT_MAPPING);
    expect(explanation).toMatchObject({
      operations: [{ method: 'contact', contact_uid: 'u1', params: traits }],
      notes: [
        ['no origins', ['the event is too large to find out in a moment what each value is made of']],
        ['no time', [expect.any(String)]],
      ],
    });
    const fields = explanation.kind === 'operations' ? explanation.fields.flat() : [];
    expect(fields).toHaveLength(10_001);
    expect(new Set(fields.map(({ origin }) => origin))).toEqual(new Set(['']));
  });
});
