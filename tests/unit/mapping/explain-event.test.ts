import { describe, expect, test } from '@jest/globals';
import { explainEvent } from '../../../lib/mapping/explain-event.ts';
import type { MappingSettings } from '../../../lib/mapping/mapping-settings.ts';
import type { Json, JsonObject } from '../../../lib/runtime/json.ts';
import { DEFAULT_MAPPING } from '../../support/mapping-settings.ts';

const explain = (event: Json, changes: Partial<MappingSettings> = {}) =>
  explainEvent(event, { ...DEFAULT_MAPPING, ...changes });

const TIME = '2026-01-02T03:04:05.678Z';
const track = (fields: JsonObject): JsonObject => ({
  type: 'track',
  userId: 'u1',
  event: 'Ran',
  timestamp: TIME,
  ...fields,
});

/** Where the fields of an event's only operation come from. */
function explainOrigins(event: Json): Record<string, string> {
  const explanation = explain(event);
  if (explanation.kind !== 'operations') throw new Error('The event of this test is mapped.');
  return Object.fromEntries(explanation.fields.flat().map(({ name, origin }) => [name, origin]));
}

test('an event is explained: its rule, where each field comes from, and what is not sent', () => {
  const event = track({ messageId: 'm1', properties: { plan: 'pro' }, context: { library: { name: 'x' } } });
  expect(explain(event)).toEqual({
    kind: 'operations',
    rule: 'track becomes an event: event_uid is the name in snake_case, with the properties',
    operations: [
      {
        method: 'event',
        contact_uid: 'u1',
        event_uid: 'ran',
        params: { display_name: 'Ran', plan: 'pro' },
        created_at: TIME,
        messageId: 'm1',
      },
    ],
    fields: [
      [
        { name: 'contact_uid', value: 'u1', origin: '← userId' },
        { name: 'event_uid', value: 'ran', origin: '← event, in snake_case' },
        { name: 'params.display_name', value: 'Ran', origin: '← event' },
        { name: 'params.plan', value: 'pro', origin: '← properties.plan' },
        { name: 'created_at', value: TIME, origin: '← timestamp' },
        { name: 'messageId', value: 'm1', origin: '← messageId' },
      ],
    ],
    notes: [['not sent', ['context.library.name']]],
  });
});

test.each<[JsonObject, Partial<MappingSettings>, string]>([
  [{ type: 'identify' }, {}, 'identify becomes a contact with the traits'],
  [
    { type: 'page' },
    {},
    'page becomes the event pageview with the properties; it has no name, so nothing more',
  ],
  [
    { type: 'page', name: 'Home' },
    {},
    'page becomes the event pageview with the properties; it has a name, so also an event of that name',
  ],
  [
    { type: 'group', groupId: 'g' },
    {},
    'group becomes an account with the traits, and links the user to it as a contact',
  ],
  [
    { type: 'group', groupId: 'g', userId: null },
    {},
    'group becomes an account with the traits; there is no contact to link to it',
  ],
  [
    { type: 'screen', name: 'Home' },
    { screen: 'event' },
    'screen becomes an event of its name, with the properties',
  ],
  [{ type: 'alias', previousId: 'old' }, {}, 'alias links two contacts: contact_uid survives'],
])('the rule for %j with %j is told', (event, settings, rule) => {
  expect(explain({ userId: 'u1', timestamp: TIME, ...event }, settings)).toMatchObject({ rule });
});

describe('of an event of which nothing is sent, the reason is told', () => {
  test.each<[Json, Partial<MappingSettings>, string]>([
    [{ type: 'screen' }, {}, 'skipped: it is a screen call, and SCREEN is skip or it has no name'],
    [{ type: 'delete' }, {}, 'skipped: delete calls are not supported'],
    [
      { ...track({}), integrations: { Salesmachine: false } },
      {},
      'skipped: "integrations" says that it is not for Salesmachine',
    ],
    [track({}), { excludeEvents: ['r*'] }, 'skipped: its name matches a pattern of EXCLUDE_EVENTS: r*'],
    [
      { type: 'identify', anonymousId: 'a' },
      { anonymousContacts: 'skip' },
      'skipped: it is of an anonymous user, and ANONYMOUS_CONTACTS is skip',
    ],
    [
      { type: 'alias', userId: 'u', previousId: 'p' },
      { alias: 'off' },
      'skipped: it is an alias, and ALIAS is off',
    ],
    [
      { type: 'alias', userId: 'u', previousId: 'u' },
      {},
      'skipped: its userId and its previousId are the same',
    ],
    [
      'text',
      {},
      'unusable, so it becomes a dead letter, invalid_event: an event must be a JSON object, but this is a string',
    ],
    [
      { type: 'identify', userId: 'u', traits: { long: 'x'.repeat(500_000) } },
      {},
      'unusable, so it becomes a dead letter, too_large: flattened for Salesmachine, the event has over 500000 bytes',
    ],
  ])('%.60j with %j', (event, settings, text) => {
    expect(explain(event, settings)).toEqual({ kind: 'unmapped', text, notes: [] });
  });
});

describe('the origin of a field tells', () => {
  test('what was done to the value on its way', () => {
    const properties = {
      address: { zip: '75001' },
      tags: ['a', 'b'],
      items: [{ sku: 1 }],
      big: Number.POSITIVE_INFINITY,
      churn: { reason: 'R' },
      display_name: 'Mine',
    };
    expect(explainOrigins({ ...track({ properties }), userId: 7, timestamp: '2026-01-02' })).toEqual({
      contact_uid: '← userId, as text',
      event_uid: '← event, in snake_case',
      'params.display_name': '← event',
      'params.tags': '← properties.tags, the list joined',
      'params.items': '← properties.items, the list as JSON text',
      'params.big': '← properties.big, as text',
      'params.address_zip': '← properties.address.zip, flattened',
      'params.churn_reason_2':
        '← properties.churn.reason, flattened, renamed because churn_reason is taken or reserved',
      'params.display_name_2': '← properties.display_name, renamed because display_name is taken or reserved',
      created_at: '← timestamp, in UTC with milliseconds',
    });
  });

  test('what was done to a trait', () => {
    const traits = { address: { zip: '75001' }, mail: { to: 'a' }, mail_to: 'b' };
    expect(explainOrigins({ type: 'identify', userId: 'u', traits })).toMatchObject({
      'params.address_zip': '← traits.address.zip, flattened',
      'params.mail_to': '← traits.mail_to',
      'params.mail_to_2': '← traits.mail.to, flattened, renamed because mail_to is taken or reserved',
    });
  });

  test('all of them, where there are several', () => {
    const traits = { firstName: 'Ada', lastName: 'L' };
    expect(explainOrigins({ type: 'identify', userId: 'u', traits })).toMatchObject({
      'params.name': '← traits.firstName and traits.lastName',
    });
  });

  test.each([null, ' '])('none that says nothing, as an account of %j', (account) => {
    const event = {
      type: 'identify',
      userId: 'u',
      context: { groupId: 'g' },
      traits: { account_uid: account },
    };
    expect(explainOrigins(event)).toMatchObject({ 'params.account_uid': '← context.groupId' });
  });

  test('that there is none', () => {
    expect(explainOrigins({ type: 'page', userId: 'u' })).toMatchObject({ event_uid: 'always, by the rule' });
  });

  test('of what stands elsewhere under another name, no renaming', () => {
    const context = { page: { url: 'https://x.test/' }, groupId: 'acme' };
    expect(explainOrigins({ type: 'page', userId: 'u', context })).toMatchObject({
      'params.visit_url': '← context.page.url',
      'params.account_uid': '← context.groupId',
    });
  });
});

describe('notes tell', () => {
  test('that there is no time', () => {
    const { notes } = explain(track({ timestamp: 'yesterday' }));
    expect(notes).toEqual([
      ['not sent', ['timestamp']],
      [
        'no time',
        [
          'none can be read from timestamp, originalTimestamp, receivedAt or sentAt; created_at will be when the relay accepts the event',
        ],
      ],
    ]);
  });

  test('what is excluded before the queue, and what when it is sent', () => {
    const properties = { items: [{ password: 'x', sku: 1 }], a_b: 1, a: { b: 2 } };
    const { notes } = explain(track({ properties }), { excludeAttributes: ['password', 'a_b_2'] });
    expect(notes).toEqual([
      ['excluded', ['properties.items[].password (EXCLUDE_ATTRIBUTES: password)']],
      [
        'excluded when it is sent',
        [
          'a_b_2 ← properties.a.b, flattened, renamed because a_b is taken or reserved (EXCLUDE_ATTRIBUTES: a_b_2)',
        ],
      ],
    ]);
  });

  test('that an event is too large for its origins to be found', () => {
    const long = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`key${index}`, 'a value']));
    const explanation = explain(track({ properties: long }));
    expect(explanation).toMatchObject({
      fields: [expect.arrayContaining([{ name: 'params.key7', value: 'a value', origin: '' }])],
      notes: [['no origins', ['the event is too large to find out in a moment what each value is made of']]],
    });
  });

  test('once what is excluded from both events of a page', () => {
    const event = {
      type: 'page',
      userId: 'u',
      name: 'Home',
      timestamp: TIME,
      properties: { a_b: 1, a: { b: 2 } },
    };
    const { notes } = explain(event, { excludeAttributes: ['a_b_2'] });
    expect(notes).toMatchObject([['excluded when it is sent', [expect.stringContaining('a_b_2 ←')]]]);
  });

  test('what is excluded of an event of which nothing is sent', () => {
    const event = { type: 'track', event: 'https://x.test?token=1', userId: 'u' };
    const settings = { excludeQuery: ['token'], excludeEvents: ['https://x.test'] };
    expect(explain(event, settings)).toEqual({
      kind: 'unmapped',
      text: 'skipped: its name matches a pattern of EXCLUDE_EVENTS: https://x.test',
      notes: [['excluded', ['event (EXCLUDE_QUERY: token)']]],
    });
  });
});
