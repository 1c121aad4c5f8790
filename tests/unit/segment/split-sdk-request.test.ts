import { describe, expect, test } from '@jest/globals';
import { getText, one, receive, texts, two } from '../../support/split-request.ts';

describe('the events of an SDK', () => {
  test('have the type of their path if they have none', () => {
    const body = '{"userId":"u1","groupId":12345678901234567890}';
    expect(receive(body, '/v1/group')).toMatchObject([
      {
        text: '{"userId":"u1","groupId":"12345678901234567890","type":"group"}',
        value: { type: 'group', groupId: '12345678901234567890' },
      },
    ]);
    expect(receive('{"userId":"u1","type":null}', '/v1/page')).toMatchObject([{ value: { type: 'page' } }]);
    expect(receive('{"userId":"u1"}', '/v1/screen')).toMatchObject([{ value: { type: 'screen' } }]);
    expect(receive('[{"userId":"u1"},{"userId":"u2"}]', '/v1/identify')).toHaveLength(2);
  });

  test('keep a type of their own, and their text with it', () => {
    expect(texts(one, '/v1/track')).toEqual([one]);
    const unknown = '{"type":"tracks","userId":"u1"}';
    expect(receive(unknown, '/v1/track')).toMatchObject([{ kind: 'event', text: unknown }]);
  });

  test('have the context and integrations of their batch, under their own', () => {
    const shared = '"context":{"ip":"8.8.8.8","app":{"name":"A","build":1}},"integrations":{"All":true}';
    const events = [
      '{"type":"identify","userId":1}',
      '{"type":"identify","userId":2,"context":{"app":{"name":"B"},"locale":"de"},"integrations":{"Salesmachine":false}}',
      '{"type":"identify","userId":3,"context":null,"integrations":[]}',
    ];
    const ip = '8.8.8.8';
    const all = { All: true };
    const value = [
      { context: { ip, app: { name: 'A', build: 1 } }, integrations: all },
      { context: { ip, app: { name: 'B' }, locale: 'de' }, integrations: { All: true, Salesmachine: false } },
      { context: { ip, app: { name: 'A', build: 1 } }, integrations: [] },
    ];
    for (const body of [
      `{${shared},"batch":[${events}]}`,
      `{"batch":[${events}],"writeKey":"w",${shared}}`,
    ]) {
      const received = receive(body, '/v1/batch');
      expect(received).toMatchObject(value.map((value) => ({ value })));
      expect(received.map((event) => JSON.parse(String(getText(event))))).toMatchObject(value);
    }
  });

  test('are untouched by a context of the batch that is null, empty of meaning or an array', () => {
    for (const context of ['null', '[]', '"x"']) {
      expect(texts(`{"batch":[${one},${two}],"context":${context}}`, '/v1/import')).toEqual([one, two]);
    }
  });

  test('keep the keys __proto__ when they are rewritten, and change no prototype', () => {
    const body = '{"userId":"u1","traits":{"__proto__":{"a":1}},"__proto__":{"type":"track"}}';
    const text =
      '{"userId":"u1","traits":{"__proto__":{"a":1}},"__proto__":{"type":"track"},"type":"identify"}';
    expect(texts(body, '/v1/identify')).toEqual([text]);
    const batch =
      '{"batch":[{"userId":"u1","type":"page","context":{"__proto__":1}}],"context":{"__proto__":2,"ip":"i"}}';
    expect(texts(batch, '/v1/batch')).toEqual([
      '{"userId":"u1","type":"page","context":{"__proto__":1,"ip":"i"}}',
    ]);
    expect({}).not.toHaveProperty('a');
  });

  test('do not carry the write key on, nor do those of a webhook', () => {
    const event = '{"userId":"u1","writeKey":"secret","type":"page"}';
    expect(texts(event, '/v1/page')).toEqual(['{"userId":"u1","type":"page"}']);
    expect(texts(event)).toEqual(['{"userId":"u1","type":"page"}']);
  });

  test('are one event, not a batch, at the path of a type', () => {
    expect(receive(`{"batch":[${one}],"userId":"u1","event":"E"}`, '/v1/track')).toMatchObject([
      { kind: 'event', value: { type: 'track', event: 'E' } },
    ]);
  });

  test('with U+FFFF and lone surrogates are escaped when they are rewritten', () => {
    expect(texts('{"userId":"\uFFFF\\ud800"}', '/v1/identify')).toEqual([
      '{"userId":"\\uffff\\ud800","type":"identify"}',
    ]);
  });
});
