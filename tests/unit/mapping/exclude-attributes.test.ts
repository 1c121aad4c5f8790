import { describe, expect, test } from '@jest/globals';
import { excludeAttributes } from '../../../lib/mapping/exclude-attributes.ts';
import { excludeFromText } from '../../../lib/mapping/exclude-text.ts';
import type { Json, JsonObject } from '../../../lib/runtime/json.ts';
import { runToEnd } from '../../support/time-limit.ts';

const exclude = (event: Json, excludeList: string[], query: string[] = []) =>
  excludeAttributes(event, { excludeAttributes: excludeList, excludeQuery: query });

const kept = (event: Json, ...patterns: string[]) => exclude(event, patterns).event;

describe('an attribute is taken out of an event', () => {
  test.each<[string, Json, string[], Json]>([
    ['by its name', { traits: { email: 1, plan: 2 } }, ['email'], { traits: { plan: 2 } }],
    ['with spaces around it', { traits: { ' email ': 1, plan: 2 } }, ['email'], { traits: { plan: 2 } }],
    ['in any case', { traits: { 'E-Mail': 1, plan: 2 } }, ['e-mail'], { traits: { plan: 2 } }],
    ['by a wildcard', { properties: { apiToken: 1, a: 2 } }, ['*token*'], { properties: { a: 2 } }],
    [
      'by its flat name',
      { traits: { address: { city: 1, zip: 2 } } },
      ['address_city'],
      { traits: { address: { zip: 2 } } },
    ],
    [
      'by its flat name beside the known fields',
      { more: { email: 1, a: 2 } },
      ['more_email'],
      { more: { a: 2 } },
    ],
    [
      'by its path',
      { traits: { address: { city: 1, zip: 2 } }, context: { traits: { address: { city: 1 } } } },
      ['traits.address.city'],
      { traits: { address: { zip: 2 } }, context: { traits: { address: {} } } },
    ],
    [
      'by its own key at any depth',
      { traits: { a: { b: { password: 1, c: 2 } } } },
      ['password'],
      { traits: { a: { b: { c: 2 } } } },
    ],
    [
      'with the object that is named',
      { traits: { address: { city: 1 }, a: 2 } },
      ['address'],
      { traits: { a: 2 } },
    ],
    [
      'in a list',
      { properties: { items: [{ token: 1, sku: 2 }, 3] } },
      ['*token'],
      { properties: { items: [{ sku: 2 }, 3] } },
    ],
    [
      'in the traits of the context',
      { context: { traits: { email: 1 } } },
      ['email'],
      { context: { traits: {} } },
    ],
    [
      'in the context',
      { context: { device: { token: 1, id: 2 } } },
      ['device_token'],
      { context: { device: { id: 2 } } },
    ],
    [
      'by the name that the relay gives it',
      { context: { ip: 1, userAgent: 2, page: { url: 3 } }, properties: { display_name: 4 } },
      ['visit_*', 'display_name_2'],
      { context: { page: {} }, properties: {} },
    ],
    ['with the link to an account', { context: { groupId: 1 } }, ['account_uid'], { context: {} }],
    [
      'beside the known fields',
      { type: 'track', email: 1, more: { email: 2 } },
      ['email'],
      { type: 'track', more: {} },
    ],
    ['in traits that are a list', { traits: [{ email: 1 }] }, ['email'], { traits: [{}] }],
    ['where traits are named that are text', { traits: 'x' }, ['traits'], {}],
    ['in a list that is no event', [{ email: 1 }], ['email'], [{}]],
  ])('%s', (_how, event, patterns, expected) => {
    expect(kept(event, ...patterns)).toEqual(expected);
    expect(kept(kept(event, ...patterns), ...patterns)).toEqual(expected);
  });

  test('but never its ids, type, times and name, nor whom it is for', () => {
    const event: JsonObject = {
      type: 'page',
      messageId: 'm',
      userId: 'u',
      anonymousId: 'a',
      groupId: 'g',
      previousId: 'p',
      event: 'e',
      name: 'n',
      timestamp: 't',
      originalTimestamp: 't',
      receivedAt: 't',
      sentAt: 't',
      integrations: { All: false, Salesmachine: true },
    };
    expect(kept({ ...event, traits: { a: 1 }, context: { ip: 'i' }, category: 'c' }, '*')).toEqual({
      ...event,
      traits: {},
      context: {},
    });
  });

  test('but never a part of an id, which may be a URL', () => {
    const url = 'https://x.test/?token=1&a=2';
    const event: JsonObject = {
      messageId: url,
      userId: url,
      anonymousId: url,
      groupId: url,
      previousId: url,
      traits: { account_uid: url },
      properties: { account_uid: url },
      context: { groupId: url, traits: { account_uid: url } },
    };
    expect(exclude(event, [], ['token']).event).toBe(event);
  });

  test('but not where an attribute or a name happens to be written like a form', () => {
    const event = { event: 'email=anna&plan=pro', properties: { note: 'email=anna&plan=pro' } };
    expect(kept(event, 'email')).toBe(event);
  });

  test('and what was taken is said, with the pattern', () => {
    const event = { traits: { email: 'x' }, context: { page: { url: 'https://x.test/?Token=1&a=2' } } };
    expect(exclude(event, ['email'], ['token'])).toEqual({
      event: { traits: {}, context: { page: { url: 'https://x.test/?a=2' } } },
      exclusions: [
        { path: ['traits', 'email'], setting: 'EXCLUDE_ATTRIBUTES', pattern: 'email' },
        { path: ['context', 'page', 'url'], setting: 'EXCLUDE_QUERY', pattern: 'token' },
      ],
    });
  });

  test('out of the form that an Extensible Webhook sends in the place of an event', () => {
    const event = { body: 'type=identify&traits%5Bemail%5D=canary&traits%5Bplan%5D=pro' };
    expect(excludeAttributes(event, { excludeAttributes: ['email'], excludeQuery: [] })).toEqual({
      event: { body: 'type=identify&traits%5Bemail%5D=&traits%5Bplan%5D=pro' },
      exclusions: [{ path: ['body'], setting: 'EXCLUDE_ATTRIBUTES', pattern: 'email' }],
    });
  });

  test('and an event without any is left as it is', () => {
    const event = { type: 'track', properties: { list: [{ a: 1 }], url: 'https://x.test/?a=1' } };
    expect(kept(event, 'email')).toBe(event);
    expect(exclude(event, [], ['token']).event).toBe(event);
    expect(kept(event)).toBe(event);
  });

  test('with keys called __proto__ around it', () => {
    const event = JSON.parse('{"traits":{"__proto__":{"email":1,"a":2},"email":3}}');
    expect(JSON.stringify(kept(event, 'email'))).toBe('{"traits":{"__proto__":{"a":2}}}');
  });

  test('at 100,000 levels too, where nothing that deep is kept', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(100_000)}{"email":"canary"}${'}'.repeat(100_000)}`);
    expect(JSON.stringify(kept({ traits: deep }, 'email'))).not.toContain('canary');
    expect(exclude({ traits: deep }, ['email']).exclusions).toEqual([
      { path: ['traits', ...Array(100).fill('a')], setting: 'EXCLUDE_ATTRIBUTES', pattern: '*' },
    ]);
    const list = JSON.parse(`${'['.repeat(100_000)}{"email":"canary"}${']'.repeat(100_000)}`);
    expect(JSON.stringify(kept({ traits: { list } }, 'email'))).not.toContain('canary');
  });
});

describe('an attribute is taken out of a text that is JSON itself', () => {
  test.each([
    ['{"email":"canary","a":1}', '{"email":null,"a":1}'],
    [' [{"a":{"email" : {"b":"canary"}}},2]', ' [{"a":{"email" : null}},2]'],
    ['{"a":"{\\"email\\":\\"can ary\\"}"}', '{"a":"{\\"email\\":null}"}'],
    ["{'email': 'canary', 'a': 1}", "{'email': null, 'a': 1}"],
    ['sent {"email":"canary"} to x', 'sent {"email":null} to x'],
    ['{"email":"canary', '{"email":null'],
    ['{"link":"https://x.test/?token=canary","b":1}', '{"link":"https://x.test/","b":1}'],
  ])('%s becomes %s', (text, expected) => {
    const excludeEverywhere = (json: string) =>
      exclude({ userId: json, properties: { payload: json, list: [json] } }, ['email'], ['token']);
    const event = { userId: text, properties: { payload: expected, list: [expected] } };
    expect(excludeEverywhere(text).event).toEqual(event);
    const exclusion = text.includes('email')
      ? { setting: 'EXCLUDE_ATTRIBUTES', pattern: 'email' }
      : { setting: 'EXCLUDE_QUERY', pattern: 'token' };
    expect(excludeEverywhere(text).exclusions).toEqual([
      { path: ['properties', 'payload'], ...exclusion },
      { path: ['properties', 'list', ''], ...exclusion },
    ]);
    expect(exclude(event, ['email'], ['token']).event).toEqual(event);
  });

  test.each(['Your email: see below', '{"text":"email","a":1}', '{"emails":1}', '{', '{"a":{"mail":1}}'])(
    '%s stays as it is',
    (text) => {
      const event = { properties: { text } };
      expect(kept(event, 'email')).toBe(event);
    },
  );
});

describe('in a text that is no JSON', () => {
  test.each([
    ['{"email":"canary","a":1', '{"email":null,"a":1'],
    ['{"email" : "ca\\"nary"}oops', '{"email" : null}oops'],
    ['{"\\email":"canary"', '{"\\email":null'],
    ['{"\\temail\\x":"canary"', '{"\\temail\\x":"canary"'],
    ['{"\\nemail":"canary"', '{"\\nemail":null'],
    ['{"e\\u006dail":"canary"', '{"e\\u006dail":null'],
    ['{"e\\nmail":"two words"', '{"e\\nmail":"two words"'],
    ['{"email":{"canary":["}"]},"a":1]', '{"email":null,"a":1]'],
    ['{"email":["canary"', '{"email":null'],
    ['{"email":"canary', '{"email":null'],
    ['{"email":12345 ,"a"', '{"email":null,"a"'],
    ['{"email":canary of two words,"a":1', '{"email":null,"a":1'],
    ['{"a":{"email":canary}', '{"a":{"email":null}'],
    ['{"text":"email","a":oops', '{"text":"email","a":oops'],
    ['{"u":"https://x.test/?token=canary&b=1"', '{"u":"https://x.test/?b=1"'],
    ['{"u":"/a?next=%2Fb%3Ftoken%3Dcanary"', '{"u":"/a?next=%2Fb"'],
    ['', ''],
    ['{"u":"?a=1\\u0026token\\u003dcanary\\u0026b=2"', '{"u":"?a=1\\u0026b=2"'],
    ['{"a":"{\\"email\\":\\"can ary\\",\\"b\\":1}",', '{"a":"{\\"email\\":null,\\"b\\":1}",'],
    ['{"a":"{\\"email\\":\\"can ary","b"', '{"a":"{\\"email\\":null","b"'],
    ['{"a":"{\\"email\\":\\"canary', '{"a":"{\\"email\\":null'],
    ['{"a":"{\\"email\\":{\\"b\\":\\"can}ary\\"},\\"b\\":1}"', '{"a":"{\\"email\\":null,\\"b\\":1}"'],
    // JSON in JSON in JSON
    [
      String.raw`{"a":"{\"b\":\"{\\\"email\\\":\\\"can\\\\\\\"ary\\\",\\\"c\\\":1}\"}",`,
      String.raw`{"a":"{\"b\":\"{\\\"email\\\":null,\\\"c\\\":1}\"}",`,
    ],
    [String.raw`{"a":"{\"e\\u006dail\":\"canary\"}"`, String.raw`{"a":"{\"e\\u006dail\":null}"`],
    // as JavaScript, Python, Ruby and YAML write it
    ["{email: 'canary', a: 1}", '{email: null, a: 1}'],
    ["{a:1,email:'can\\'ary',b:2}", '{a:1,email:null,b:2}'],
    ['{email: "canary, and more", a: 1}', '{email: null, a: 1}'],
    ['{email: canary and more, a: 1}', '{email: null, a: 1}'],
    ["{'email': 'can\"ary', 'a': None}", "{'email': null, 'a': None}"],
    ["{'email': u'can ary', 'a': 1}", "{'email': null, 'a': 1}"],
    ["{'email': ('can)ary', 1), 'a': 1}", "{'email': null, 'a': 1}"],
    ["{'email' : {'x': ['canary', \"cana'ry\"]}}oops", "{'email' : null}oops"],
    ['{:email=>"canary", "email"=>"canary", :a=>1}', '{:email=>null, "email"=>null, :a=>1}'],
    ['traits:\n  email: canary and more\n  a: 1', 'traits:\n  email: null\n  a: 1'],
    ['{"a":"{email: \'canary\', b: 1}"', '{"a":"{email: null, b: 1}"'],
    ["{'e-mail': 'x', text: 'email', emails: 1}", "{'e-mail': 'x', text: 'email', emails: 1}"],
    // a form
    ['email=can%20ary&a=1&token=canary', 'email=&a=1'],
    ['a=1&traits[email]=canary&b%5Bemail%5D=canary', 'a=1&traits[email]=&b%5Bemail%5D='],
    ['{"u":"/?a=1&amp;token=canary"', '{"u":"/?a=1"'],
  ])('%s becomes %s', (text, expected) => {
    expect(excludeFromText(text, { excludeAttributes: ['email'], excludeQuery: ['token'] })).toBe(expected);
    expect(excludeFromText(text, { excludeAttributes: [], excludeQuery: [] })).toBe(text);
  });

  // Were it quadratic, a million of them would take many minutes.
  test.each([
    '"a":1,',
    '\\"',
    '"',
    '&a',
    '"email":',
    '"email":[',
    '"email":\\"',
    '"a" ',
    '\\u0026a',
    "'",
    'a ',
    'a',
    "'email':'",
    'email:\\\\"',
    '\\',
  ])('in time that grows with its length: a million times %s', (part) => {
    const settings = { excludeAttributes: ['email'], excludeQuery: ['token'] };
    const kept = runToEnd(() => excludeFromText(`"${part.repeat(1_000_000)}`, settings));
    expect(kept.includes('null')).toBe(/^["']email/.test(part));
  });
});
