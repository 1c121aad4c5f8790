import { afterEach, describe, expect, test } from '@jest/globals';
import type { LocalServer } from '../../lib/local/http-server.ts';
import { createFakeSalesmachine, type FakeRequest } from '../../lib/local/salesmachine/fake-salesmachine.ts';
import { startFakeServer } from '../../lib/local/salesmachine/fake-server.ts';
import { createSalesmachine } from '../../lib/salesmachine/client.ts';
import type { Operation } from '../../lib/salesmachine/operation.ts';

const credential = { token: 'token', secret: 'secret' };
const START = Date.parse('2026-01-02T03:04:05.500Z');

const headers = {
  authorization: `Basic ${Buffer.from('token:secret').toString('base64')}`,
  accept: 'application/json',
  'content-type': 'application/json',
};

function setUp(limit = { requests: 900, windowSeconds: 300 }) {
  const time = { now: START };
  const fake = createFakeSalesmachine({ credential, limit, now: () => time.now });
  const send = (path: string, value: unknown, changes: Partial<FakeRequest> = {}) =>
    fake.handle({ method: 'POST', path, headers, body: JSON.stringify(value), ...changes });
  return { fake, send, time };
}

const contact = (uid: string, params: object = {}) => ({ method: 'contact', contact_uid: uid, params });
const account = (uid: string, params: object = {}) => ({ method: 'account', account_uid: uid, params });
const event = (uid: string, eventUid: string, params: object = {}) => ({
  method: 'event',
  contact_uid: uid,
  event_uid: eventUid,
  params,
});

describe('what it holds', () => {
  test('a batch of every method is held, with the items as they came and in their order', () => {
    const { fake, send } = setUp();
    const items = [
      account('acme', { plan: 'pro' }),
      { ...contact('7', { name: 'Zoë', vip: true, age: 41, email: null }), messageId: 'm1' },
      { ...event('7', 'order_completed', { revenue: 9.5 }), created_at: '2026-01-02T03:04:05.678Z' },
      { method: 'alias', contact_uid: '7', previous_contact_uid: 'anonymous' },
    ];
    expect(send('/v1/batch', items)).toMatchObject({ status: 201, body: '{"status":"success"}' });
    expect(fake.state()).toEqual({
      contacts: { 7: { name: 'Zoë', vip: true, age: 41, email: null } },
      accounts: { acme: { plan: 'pro' } },
      contactAccounts: {},
      events: [items[2]],
      aliases: [items[3]],
      operations: items,
    });
  });

  test('a single call is the same as a batch of one', () => {
    const { fake, send } = setUp();
    send('/v1/contact', { contact_uid: '7', params: { name: 'Zoë' } });
    send('/v1/account', { account_uid: 'acme', params: {} });
    send('/v1/track/event', { contact_uid: '7', event_uid: 'pageview', params: {} });
    send('/v1/alias', { contact_uid: '7', previous_contact_uid: '8' });
    expect(fake.state().operations).toEqual([
      contact('7', { name: 'Zoë' }),
      account('acme'),
      event('7', 'pageview'),
      { method: 'alias', contact_uid: '7', previous_contact_uid: '8' },
    ]);
  });

  test('an update leaves absent attributes alone, and null overwrites', () => {
    const { fake, send } = setUp();
    send('/v1/batch', [contact('7', { name: 'Zoë', plan: 'pro' }), contact('8', { plan: 'free' })]);
    send('/v1/batch', [contact('7', { plan: null, age: 41 })]);
    expect(fake.state().contacts).toEqual({
      7: { name: 'Zoë', plan: null, age: 41 },
      8: { plan: 'free' },
    });
  });

  test('an alias gives the survivor what it lacks, and the other contact is gone', () => {
    const { fake, send } = setUp();
    send('/v1/batch', [
      contact('old', { name: 'Z.', plan: 'pro' }),
      contact('new', { name: 'Zoë' }),
      contact('8'),
    ]);
    send('/v1/alias', { contact_uid: 'new', previous_contact_uid: 'old' });
    expect(fake.state().contacts).toEqual({ new: { name: 'Zoë', plan: 'pro' }, 8: {} });
  });

  test('a contact has every account that it was linked to, and an alias gives them to the survivor', () => {
    const { fake, send } = setUp();
    const link = (uid: string, accountUid: string) => contact(uid, { account_uid: accountUid });
    send('/v1/batch', [link('7', 'acme'), link('7', 'globex'), link('7', 'acme'), link('8', 'initech')]);
    expect(fake.state().contactAccounts).toEqual({ 7: ['acme', 'globex'], 8: ['initech'] });
    send('/v1/alias', { contact_uid: '7', previous_contact_uid: '8' });
    expect(fake.state().contactAccounts).toEqual({ 7: ['acme', 'globex', 'initech'] });
  });

  test('operations keep their order however many there are', () => {
    const { fake, send } = setUp({ requests: 1_000, windowSeconds: 300 });
    const uids = Array.from({ length: 2_550 }, (_, index) => String(index));
    for (let from = 0; from < uids.length; from += 100) {
      send(
        '/v1/batch',
        uids.slice(from, from + 100).map((uid) => event(uid, 'opened')),
      );
    }
    expect(fake.state().events.map(({ contact_uid }) => contact_uid)).toEqual(uids);
  });

  test('ids and attributes called __proto__ or constructor are names like any other', () => {
    const { fake, send } = setUp();
    const body = '[{"method":"contact","contact_uid":"__proto__","params":{"__proto__":1,"constructor":2}}]';
    expect(send('/v1/batch', undefined, { body }).status).toBe(201);
    expect(JSON.stringify(fake.state().contacts)).toBe('{"__proto__":{"__proto__":1,"constructor":2}}');
  });
});

describe('what it refuses', () => {
  const good = contact('1', { name: 'Zoë' });

  test.each<[string, unknown]>([
    ['an item that is no object', 'contact'],
    ['an item without a method', { contact_uid: '7', params: {} }],
    ['the method that would send an e-mail', { method: 'email', contact_uid: '7', params: {} }],
    ['a method that is the name of a built-in', { method: 'constructor', contact_uid: '7', params: {} }],
    ['a contact without an id', { method: 'contact', params: {} }],
    ['an empty id', contact('')],
    ['an id that is a number', { method: 'contact', contact_uid: 7, params: {} }],
    ['an account with the id of a contact', { method: 'account', contact_uid: '7', params: {} }],
    ['an event without an event_uid', { method: 'event', contact_uid: '7', params: {} }],
    ['an event_uid with a space', event('7', 'Order Completed')],
    ['an event_uid in capitals', event('7', 'Order_Completed')],
    ['an event_uid that starts with _', event('7', '_order')],
    ['an alias without the previous id', { method: 'alias', contact_uid: '7' }],
    ['missing params', { method: 'contact', contact_uid: '7' }],
    ['params that are an array', { method: 'contact', contact_uid: '7', params: [] }],
    ['params that are null', { method: 'contact', contact_uid: '7', params: null }],
    ['an object within params', contact('7', { address: { city: 'Paris' } })],
    ['an array within params', contact('7', { tags: ['a'] })],
    ['a date without milliseconds', { ...contact('7'), created_at: '2026-01-02T03:04:05Z' }],
    ['a date that does not exist', { ...contact('7'), created_at: '2026-13-02T03:04:05.000Z' }],
    ['a date that is a number', { ...contact('7'), created_at: START }],
    ['a field that is not documented', { ...contact('7'), userId: '7' }],
    ['a field called constructor', { ...contact('7'), constructor: '7' }],
  ])('%s: 400, and nothing of the batch is applied', (_, invalid) => {
    const { fake, send } = setUp();
    send('/v1/batch', [good]);
    const answer = send('/v1/batch', [contact('2'), invalid, contact('3')]);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toEqual({ code: 400, message: expect.stringMatching(/^Item 1: .+\.$/) });
    expect(fake.state().operations).toEqual([good]);
  });

  test.each([
    ['no JSON', '[{'],
    ['an object', JSON.stringify({ batch: [good] })],
    ['an empty array', '[]'],
    ['101 items', JSON.stringify(Array.from({ length: 101 }, (_, index) => contact(`${index}`)))],
  ])('a batch that is %s: 400', (_, body) => {
    const { fake, send } = setUp();
    expect(send('/v1/batch', undefined, { body }).status).toBe(400);
    expect(fake.state().operations).toEqual([]);
  });

  test('100 items are not too many', () => {
    const { fake, send } = setUp();
    const items = Array.from({ length: 100 }, (_, index) => contact(`${index}`));
    expect(send('/v1/batch', items).status).toBe(201);
    expect(fake.state().operations).toEqual(items);
  });

  test('a single call whose body names another method: 400', () => {
    const { fake, send } = setUp();
    expect(send('/v1/contact', account('acme')).status).toBe(400);
    expect(fake.state().operations).toEqual([]);
  });

  test.each<[number, string, Partial<FakeRequest>]>([
    [401, 'without a credential', { headers: { ...headers, authorization: undefined } }],
    [
      401,
      'with a wrong credential',
      { headers: { ...headers, authorization: `Basic ${btoa('token:guess')}` } },
    ],
    [404, 'to a path that does not exist', { path: '/v1/batches' }],
    [404, 'to a path that is the name of a built-in', { path: 'constructor' }],
    [405, 'by another method', { method: 'PUT' }],
    [406, 'that does not accept JSON', { headers: { ...headers, accept: 'text/html' } }],
    [406, 'that is not JSON', { headers: { ...headers, 'content-type': 'text/plain' } }],
  ])('%i: a request %s', (status, _, changes) => {
    const { fake, send } = setUp();
    expect(send('/v1/batch', [good], changes)).toMatchObject({ status });
    expect(fake.state().operations).toEqual([]);
    expect(send('/v1/batch', [good]).status).toBe(201);
  });
});

describe('the rate limit', () => {
  const limit = { requests: 3, windowSeconds: 10 };

  test('every request counts, a ping and a refused batch too; beyond the limit comes 429 and nothing is applied', () => {
    const { fake, send } = setUp(limit);
    const answers = [send('/v1/ping', {}), send('/v1/batch', [{}]), send('/v1/contact', contact('1'))];
    expect(answers.map(({ status }) => status)).toEqual([201, 400, 201]);
    expect(answers.map((answer) => answer.headers['x-ratelimit-remaining'])).toEqual(['2', '1', '0']);
    expect(send('/v1/contact', contact('2'))).toMatchObject({
      status: 429,
      headers: {
        'x-ratelimit-limit': '3',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(Math.ceil((START + 10_000) / 1_000)),
      },
    });
    expect(Object.keys(fake.state().contacts)).toEqual(['1']);
  });

  test('at the moment that the header tells, the quota is whole again', () => {
    const { send, time } = setUp(limit);
    for (let request = 0; request < 4; request++) send('/v1/ping', {});
    const rejected = send('/v1/ping', {});
    expect(rejected.status).toBe(429);
    time.now = Number(rejected.headers['x-ratelimit-reset']) * 1_000;
    expect(send('/v1/ping', {})).toMatchObject({ status: 201, headers: { 'x-ratelimit-remaining': '2' } });
  });

  test("a stranger's requests do not use the quota up", () => {
    const { send } = setUp(limit);
    for (let request = 0; request < 9; request++) {
      send('/v1/ping', {}, { headers: { ...headers, authorization: 'Basic guess' } });
    }
    expect(send('/v1/ping', {})).toMatchObject({ status: 201, headers: { 'x-ratelimit-remaining': '2' } });
  });
});

describe('over HTTP', () => {
  const servers: LocalServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  test("the relay's client gets through, and what it sent is held", async () => {
    const { fake } = setUp();
    const server = await startFakeServer(fake);
    servers.push(server);
    const salesmachine = createSalesmachine({ url: server.url, ...credential });
    const operation: Operation = { method: 'contact', contact_uid: '7', params: { name: 'Zoë 🎉' } };
    expect(await salesmachine.post('/v1/ping', '{}')).toMatchObject({ kind: 'response', status: 201 });
    expect(await salesmachine.post('/v1/batch', JSON.stringify([operation]))).toMatchObject({
      status: 201,
      headers: { 'x-ratelimit-limit': '900', 'x-ratelimit-remaining': '898' },
    });
    expect(fake.state().operations).toEqual([operation]);
  });

  test('a request of over 10 MB is answered 413, and the next one is served', async () => {
    const { fake } = setUp();
    const server = await startFakeServer(fake);
    servers.push(server);
    const post = (body: string) => fetch(`${server.url}/v1/ping`, { method: 'POST', headers, body });
    const tooLarge = await post(' '.repeat(10 * 1024 * 1024 + 1));
    expect(tooLarge.status).toBe(413);
    await tooLarge.text();
    expect((await post('{}')).status).toBe(201);
  });
});
