import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { formatExplanation } from '../../../lib/cli/format-explanation.ts';
import { previewRequest } from '../../../lib/cli/preview-request.ts';
import { mapEvent } from '../../../lib/mapping/map-event.ts';
import type { MappingSettings } from '../../../lib/mapping/mapping-settings.ts';
import type { Json, JsonObject } from '../../../lib/runtime/json.ts';
import { toTerminalText } from '../../../lib/runtime/terminal-text.ts';
import { DEFAULT_MAPPING } from '../../support/mapping-settings.ts';

const settings = DEFAULT_MAPPING;

const explain = (event: Json, changes: Partial<MappingSettings> = {}) => {
  const all = { ...settings, ...changes };
  return formatExplanation(event, all, (operations) => previewRequest(operations, all.alias === 'single'))
    .map((line) => toTerminalText(line, new PassThrough()))
    .join('\n');
};

const map = (event: JsonObject) => {
  const mapped = mapEvent(event, settings);
  return mapped.kind === 'operations' ? mapped.operations : [];
};

describe('the account of an event', () => {
  test('names the rule, the origin of each field, what was done to it, what is left out, and the request', () => {
    const event = {
      type: 'track',
      messageId: 'm1',
      userId: 7,
      event: 'OrderCompleted',
      timestamp: '2026-01-02T03:04:05+01:00',
      properties: {
        revenue: 9.5,
        address_city: 'Lyon',
        address: { city: 'Paris', zip: '75001' },
        tags: ['a', 'b'],
        items: [{ sku: 1 }],
      },
      context: { groupId: 'acme', library: { name: 'analytics.js' } },
    };
    expect(explain(event)).toBe(`track "OrderCompleted" (messageId m1)
  track becomes an event: event_uid is the name in snake_case, with the properties

  event
    contact_uid            "7"                         ← userId, as text
    event_uid              "order_completed"           ← event, in snake_case
    params.display_name    "OrderCompleted"            ← event
    params.revenue         9.5                         ← properties.revenue
    params.address_city    "Lyon"                      ← properties.address_city
    params.tags            "a, b"                      ← properties.tags, the list joined
    params.items           "[{\\"sku\\":1}]"             ← properties.items, the list as JSON text
    params.address_city_2  "Paris"                     ← properties.address.city, flattened, renamed because address_city is taken or reserved
    params.address_zip     "75001"                     ← properties.address.zip, flattened
    params.account_uid     "acme"                      ← context.groupId
    created_at             "2026-01-02T02:04:05.000Z"  ← timestamp, in UTC with milliseconds
    messageId              "m1"                        ← messageId

  not sent: context.library.name

  POST /v1/batch
  ${JSON.stringify(map(event))}
`);
  });

  test('tells of several origins, of fixed values, and of the two events of a page with a name', () => {
    const page = explain({
      type: 'page',
      anonymousId: 'a1',
      name: 'Pricing',
      properties: { url: 'https://x.test/' },
    });
    expect(page).toContain('it has a name, so also an event of that name');
    expect(page).toMatch(/event_uid +"pageview" +always, by the rule/);
    expect(page).toMatch(/params.visit_url +"https:\/\/x.test\/" +← properties.url/);
    expect(page).toMatch(/event_uid +"pricing" +← name, in snake_case/);
    const identify = explain({ type: 'identify', userId: 'u', traits: { firstName: 'Ada', lastName: 'L' } });
    expect(identify).toMatch(/params.name +"Ada L" +← traits.firstName and traits.lastName/);
  });

  test('shows an alias call as it is sent', () => {
    const alias = { type: 'alias', userId: 'new', previousId: 'old' };
    expect(explain(alias)).toContain(
      'POST /v1/alias\n  {"method":"alias","contact_uid":"new","previous_contact_uid":"old"}',
    );
    expect(explain(alias, { alias: 'batch' })).toContain('POST /v1/batch\n  [{"method":"alias"');
  });

  test.each<[string, Json, Partial<MappingSettings>, string]>([
    ['of a screen', { type: 'screen', userId: '7' }, {}, 'skipped: it is a screen call'],
    [
      'of an unknown user where these are not wanted',
      { type: 'identify', anonymousId: 'a' },
      { anonymousContacts: 'skip' },
      'skipped: it is of an anonymous user',
    ],
    ['of what is no event', 'text', {}, 'dead letter, invalid_event: an event must be a JSON object'],
    [
      'of an event without a name',
      { type: 'track', userId: '7' },
      {},
      'invalid_event: a track event needs a name',
    ],
  ])('%s says why nothing is sent', (_what, event, changes, said) => {
    expect(explain(event, changes)).toContain(said);
    expect(explain(event, changes)).not.toContain('POST');
  });
});

describe('what is excluded', () => {
  const page = { type: 'page', userId: 'u', name: 'https://x.test?token=1' };

  test('is said with its place and pattern, also of an event of which nothing is sent', () => {
    const event = { type: 'identify', traits: { items: [{ password: 'x' }], '': { email: 'y' } } };
    expect(explain(event, { excludeAttributes: ['password', 'traits.email', 'email'] })).toContain(
      'excluded: traits.items[].password (EXCLUDE_ATTRIBUTES: password), ',
    );
    const said = explain(page, { excludeQuery: ['token'], excludeEvents: ['https://x.test'] });
    expect(said).toContain('a pattern of EXCLUDE_EVENTS: https://x.test\n');
    expect(said).toContain('excluded: name (EXCLUDE_QUERY: token)');
  });

  test('by a name that only the mapping gives is said, too, with what it is made of', () => {
    const said = explain(
      { ...page, properties: { a_b: 1, a: { b: 2 }, churn: { reason: 'R' } }, context: {} },
      { excludeAttributes: ['churn_reason_2', 'a_b_2'] },
    );
    expect(said).toContain(
      'excluded when it is sent: a_b_2 ← properties.a.b, flattened, renamed because a_b is taken or reserved (EXCLUDE_ATTRIBUTES: a_b_2), ' +
        'churn_reason_2 ← properties.churn.reason, flattened, renamed because churn_reason is taken or reserved (EXCLUDE_ATTRIBUTES: churn_reason_2)',
    );
    expect(said).not.toMatch(/not sent|params.*_2/);
  });
});
