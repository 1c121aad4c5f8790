import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TooManyElementsError } from '../../../lib/segment/json-scanner.ts';
import { WEBHOOK_ROUTE } from '../../../lib/segment/route.ts';
import { splitRequest } from '../../../lib/segment/split-request.ts';
import { getText, one, receive, texts, two } from '../../support/split-request.ts';

describe('the events of a webhook', () => {
  test.each([
    ['one object', one, [one]],
    ['one object among white space', ` \n${one}\r\n`, [one]],
    ['an array', `[${one},${two}]`, [one, two]],
    ['an array of one', `[${one}]`, [one]],
    ['a batch', `{"batch":[${one},${two}],"sentAt":"2026-01-02T03:04:05Z"}`, [one, two]],
    ['a batch whose key is escaped', `{"b\\u0061tch":[${one}]}`, [one]],
  ])('come as %s', (_, body, expected) => {
    expect(texts(body)).toEqual(expected);
    expect(receive(body).map(({ kind }) => kind)).toEqual(expected.map(() => 'event'));
  });

  test.each(['', ' \n', '[]', ' [ ] ', '{"batch":[]}'])('are none in %p', (body) => {
    expect(receive(body)).toEqual([]);
  });

  test('carry their text and their fields', () => {
    expect(receive(two)).toEqual([
      {
        kind: 'event',
        text: two,
        source: { type: 'track', userId: 'u2', event: 'Two' },
        value: { type: 'track', userId: 'u2', event: 'Two' },
      },
    ]);
  });

  test('keep their text to the letter: numbers, order of keys, escapes and spaces', () => {
    const odd =
      '{ "userId" : 12345678901234567890,"b":1.10,"a":1e400,\n"e":"\\u00e9\\/é\\ud800", "type":"identify" }';
    expect(texts(odd)).toEqual([odd]);
    expect(texts(`[${odd} ,\t${two}]`)).toEqual([odd, two]);
    expect(texts(`{"batch":[${two},${odd}]}`)).toEqual([two, odd]);
    expect(receive(odd)).toMatchObject([{ source: { userId: '12345678901234567890' } }]);
  });

  test('are as many as there are elements: 4,000', () => {
    const events = Array.from(
      { length: 4000 },
      (_, index) => `{"type":"track","userId":${index},"event":"E"}`,
    );
    expect(texts(`[${events}]`)).toEqual(events);
  });

  test('are an event, not a batch, if the object has a type of its own', () => {
    const event = `{"batch":[${one}],"type":"track","userId":"u1","event":"E"}`;
    expect(texts(event)).toEqual([event]);
    expect(receive('{"batch":7}')).toMatchObject([{ kind: 'event', text: '{"batch":7}' }]);
  });

  test('that cannot be used go on with their text, beside their neighbours', () => {
    expect(receive(`[${one},7,{"type":"screen"},{"type":"track","messageId":"m"},${two}]`)).toMatchObject([
      { kind: 'event', text: one },
      { kind: 'event', text: '7', source: 7, value: {} },
      { kind: 'event', value: { type: 'screen' } },
      { kind: 'event', text: '{"type":"track","messageId":"m"}', value: { type: 'track', messageId: 'm' } },
      { kind: 'event', text: two },
    ]);
  });

  test('with characters that an SQS may refuse have them escaped, which means the same', () => {
    const [event] = receive('{"type":"identify","userId":"\uFFFE","traits":{"\uFFFF":"\uFFFD\u{1FFFF}"}}');
    expect(event).toMatchObject({
      text: '{"type":"identify","userId":"\\ufffe","traits":{"\\uffff":"\uFFFD\\ud83f\\udfff"}}',
      source: { userId: '\uFFFE', traits: { '\uFFFF': '\uFFFD\u{1FFFF}' } },
    });
  });

  test('are valid JSON, and mean what came, whatever came', () => {
    const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' }));
    fc.assert(
      fc.property(fc.array(object), fc.constantFrom(0, 2), (objects, indent) => {
        const body = JSON.stringify(objects, null, indent);
        const events = receive(body).map((event) =>
          JSON.parse(event.kind === 'unparseable' ? '' : event.text),
        );
        expect(events).toEqual(JSON.parse(body));
      }),
    );
  });
});

test('a context that would become far more than a request is not copied, and one of an SDK is', () => {
  const batch = (bytes: number, events: number) =>
    `{"context":{"a":"${'x'.repeat(bytes)}"},"batch":[${Array(events).fill('{}').join()}]}`;
  const large = batch(1_000_000, 200);
  expect(texts(large, '/v1/batch')).toEqual([{ unparseable: large }]);
  expect(receive(batch(1_000, 2_500), '/v1/batch')).toHaveLength(2_500);
});

test.each([
  ['an array', `[${one},${two}]`],
  ['a batch', `{"batch":[${one},${two}]}`],
  ['lines', `${one}\n${two}`],
])('%s may hold as many events as are taken, and not one more', (_, body) => {
  expect(splitRequest(Buffer.from(body), WEBHOOK_ROUTE, 2)).toHaveLength(2);
  expect(() => splitRequest(Buffer.from(body), WEBHOOK_ROUTE, 1)).toThrow(TooManyElementsError);
});

describe('lines of events', () => {
  test('go on behind a first one that is broken', () => {
    expect(texts(`{"type":\n${one}\n${two}\n`)).toEqual([{ unparseable: '{"type":' }, one, two]);
  });

  test('go on behind blank lines, too', () => {
    expect(texts(`{"type":"tr\n\n \n\n\n${two}`)).toEqual([{ unparseable: '{"type":"tr' }, two]);
  });

  test('may be arrays', () => {
    expect(texts(`[${one}]\n[${two},${one}]`)).toEqual([one, two, one]);
  });

  test('are none in a batch on many lines that is broken', () => {
    const batch = `{"batch":[\n${one},\n${two}\n],"x":oops}`;
    expect(texts(batch)).toEqual([one, two, { unparseable: '"x":oops' }]);
    expect(texts(`[\n${one},\n${two}`)).toEqual([one, two, { unparseable: `[${two}` }]);
  });

  test.each([
    ['each an event', `${one}\n${two}`, [one, two]],
    ['with empty ones, white space and carriage returns', `\n${one} \r\n\r\n ${two}\r\n`, [one, two]],
    ['each a batch', `{"batch":[${one}]}\n{"batch":[${two},${one}]}`, [one, two, one]],
    ['one of them broken', `${one}\n{"type":oops}\n${two}`, [one, { unparseable: '{"type":oops}' }, two]],
    ['the last one cut', `${one}\n{"type":"tr`, [one, { unparseable: '{"type":"tr' }]],
  ])('%s', (_, body, expected) => {
    expect(texts(body)).toEqual(expected);
  });

  test('are none in JSON that is merely indented, nor where it is broken', () => {
    const indented = JSON.stringify({ batch: [JSON.parse(one), JSON.parse(two)] }, null, 2);
    expect(receive(indented).map(({ kind }) => kind)).toEqual(['event', 'event']);
    const lines = '{"a":{}\n,"type":"identify","userId":"u1"}';
    expect(texts(lines)).toEqual([lines]);
    const broken = '{\n"type": "identify"\n"userId": "u1"\n}';
    expect(texts(broken)).toEqual([{ unparseable: broken }]);
  });

  test('are for webhooks only: no SDK sends them', () => {
    const body = `${one}\n${two}`;
    expect(texts(body, '/v1/batch')).toEqual([{ unparseable: body }]);
  });
});

describe("the Extensible Webhook's batch", () => {
  test('is an array of events, each in an object of its own', () => {
    const spaced = ' { "json" :\n{"type":"page","userId":"u3"} } ';
    expect(texts(`[{"json":${one}},${two},${spaced}]`)).toEqual([one, two, '{"type":"page","userId":"u3"}']);
  });

  test('may also have its elements on a line each, or a single one', () => {
    expect(texts(`{"json":${one}}\n{"json":${two}}`)).toEqual([one, two]);
    expect(texts(`{"json":${one}}`)).toEqual([one]);
  });

  test.each([
    ['beside other members', `{"json":${one},"other":1}`],
    ['that is no object', '{"json":[1]}'],
    ['of an event of that key', `{"type":"identify","userId":"u1","json":${one}}`],
    ['that is empty', '{}'],
  ])('leaves an element as it is that has a member "json" %s', (_, element) => {
    expect(texts(`[${element}]`)).toEqual([element]);
  });

  test('keeps what was cut in an element', () => {
    expect(texts(`[{"json":${one}},{"json":{"type":"tr`)).toEqual([
      one,
      { unparseable: '{"json":{"type":"tr' },
    ]);
  });
});

describe('what cannot be read is unparseable, and its neighbours go on', () => {
  test('one element that is no JSON', () => {
    expect(receive(`[${one},{"type":oops},${two}]`)).toMatchObject([
      { kind: 'event', text: one },
      { kind: 'unparseable', body: '{"type":oops}', detail: 'not valid JSON' },
      { kind: 'event', text: two },
    ]);
  });

  test('one element that is not UTF-8, as its bytes', () => {
    const latin1 = Buffer.from('{"type":"identify","userId":"Jos\xe9"}', 'latin1');
    const body = Buffer.concat([Buffer.from(`[${one},`), latin1, Buffer.from(`,${two}]`)]);
    expect(receive(body)).toMatchObject([
      { kind: 'event', text: one },
      { kind: 'unparseable', body: latin1, detail: 'not valid UTF-8' },
      { kind: 'event', text: two },
    ]);
  });

  test('a control character within a string', () => {
    const control = '{"type":"identify","userId":"a\u0000b"}';
    expect(texts(`[${one},${control}]`)).toEqual([one, { unparseable: control }]);
  });

  test.each([
    ['an array cut short', `[${one},{"type":"tr`, [one, { unparseable: '{"type":"tr' }]],
    ['a batch cut short', `{"batch":[${one},{"type":"tr`, [one, { unparseable: '{"type":"tr' }]],
    ['what follows an array', `[${one}]oops`, [one, { unparseable: 'oops' }]],
    ['what follows a batch', `{"batch":[${one}]}${two}`, [one, two]],
    [
      'what follows the events of a batch',
      `{"batch":[${one}]oops,"sentAt":null}`,
      [one, { unparseable: 'oops' }],
    ],
    ['a member that is none', `{oops,"batch":[${one}]}`, [{ unparseable: 'oops' }, one]],
    ['events one after the other', `${one}${two}`, [{ unparseable: `${one}${two}` }]],
    [
      'a member of a batch',
      `{"batch":[${one}],"x":"oops,"batch":[${two}]}`,
      [one, { unparseable: `"x":"oops,"batch":[${two}]}` }],
    ],
    ['a batch of another kind beside one', `{"batch":[${one}],"batch":7}`, [one, '7']],
    ['an array cut within its third element', `[${one},${two},{"a`, [one, two, { unparseable: '{"a' }]],
    [
      'what may be a part of an event that is broken',
      `{"batch":[oops,${one}],"userId":"u","messageId":"m","sentAt":1,"timestamp":2,"writeKey":"w","integrations":1}`,
      [{ unparseable: 'oops' }, one, { unparseable: '"userId":"u"' }],
    ],
    ['an array cut behind an element', `[${one},${two}`, [one, two, { unparseable: `[${two}` }]],
    ['an array cut behind a comma', `[${one},`, [one, { unparseable: `[${one}` }]],
    ['an array cut at its beginning', '[', [{ unparseable: '[' }]],
    ['the array of a batch, cut behind an element', `{"batch":[${one}`, [one, { unparseable: `[${one}` }]],
    ['a batch cut behind its array', `{"batch":[${one}]`, [one, { unparseable: '{' }]],
    ['a form', 'data=e30%3D', [{ unparseable: 'data=e30%3D' }]],
    ['a byte order mark inside', `[\uFEFF${one},${two}]`, [{ unparseable: `\uFEFF${one}` }, two]],
  ])('%s', (_, body, expected) => {
    expect(texts(body)).toEqual(expected);
  });

  test('a batch of which the context cannot be read, whole: its events would lack it', () => {
    for (const context of ['oops', `${'['.repeat(100_000)}${']'.repeat(100_000)}`]) {
      const body = `{"batch":[${one}],"context":{"a":${context}}}`;
      const detail = "the batch's context or integrations cannot be read";
      expect(receive(body)).toEqual([{ kind: 'unparseable', body, detail }]);
    }
  });

  test('but 100,000 levels are an event with its text, without fields', () => {
    const deep = `{"type":"identify","userId":"u1","traits":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const received = receive(`[${one},${deep},${two}]`);
    expect(received.map(getText)).toEqual([one, deep, two]);
    expect(received[1]).toHaveProperty('value', {});
    expect(receive(deep.replace('"type":"identify",', ''), '/v1/identify')).toHaveProperty('0.value', {});
  });
});
