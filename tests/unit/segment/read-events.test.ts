import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../../../lib/runtime/json.ts';
import { readEvents } from '../../../lib/segment/read-events.ts';

async function* inChunks(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

/** The events and, if there is one, the message of the error that ended them. */
async function read(text: string, chunkSize = 7): Promise<{ events: Json[]; problem?: string }> {
  const events: Json[] = [];
  try {
    for await (const event of readEvents(inChunks(text, chunkSize))) events.push(event);
    return { events };
  } catch (error) {
    return { events, problem: String(error) };
  }
}

describe('the events of an input', () => {
  const two = [
    { type: 'track', n: 1 },
    { type: 'page', n: 2 },
  ];

  test.each([
    ['one object', '{"a":1}', [{ a: 1 }]],
    ['one object on many lines', '{\n  "a": {\n    "b": 1\n  }\n}\n', [{ a: { b: 1 } }]],
    ['an array', JSON.stringify(two), two],
    ['an array on many lines', JSON.stringify(two, null, 2), two],
    [
      'an array with an event a line',
      `[\n${two.map((event) => JSON.stringify(event)).join(',\n')}\n]\n`,
      two,
    ],
    ['NDJSON', two.map((event) => `${JSON.stringify(event)}\n`).join(''), two],
    ['NDJSON without the last newline', two.map((event) => JSON.stringify(event)).join('\n'), two],
    [
      'NDJSON with blank lines and CRLF',
      `\r\n${two.map((event) => JSON.stringify(event)).join('\r\n\r\n')}\r\n`,
      two,
    ],
    ['NDJSON with commas', two.map((event) => `${JSON.stringify(event)},\r\n`).join(''), two],
    [
      'objects on many lines with commas between them',
      two.map((event) => JSON.stringify(event, null, 2)).join(',\n'),
      two,
    ],
    ['NDJSON of arrays', `${JSON.stringify(two)}\n{"a":1}\n`, [...two, { a: 1 }]],
    [
      'objects on many lines, one after the other',
      two.map((event) => JSON.stringify(event, null, 2)).join('\n'),
      two,
    ],
    [
      'objects on many lines with brackets in their strings',
      '{\n "a": "}{[\\""\n}\n{\n "b": 1\n}\n',
      [{ a: '}{["' }, { b: 1 }],
    ],
    [
      'an array on many lines and an object',
      `${JSON.stringify(two, null, 2)}\n{"a":1}\n`,
      [...two, { a: 1 }],
    ],
    ["an SDK's batch", JSON.stringify({ batch: two, sentAt: 'x' }), two],
    [
      "an SDK's batch on many lines, with what it says once",
      JSON.stringify({ context: { ip: 'i' }, batch: two }, null, 2),
      two.map((event) => ({ ...event, context: { ip: 'i' } })),
    ],
    ["an Extensible Webhook's batch", JSON.stringify(two.map((json) => ({ json }))), two],
    [
      'batches in NDJSON',
      `${JSON.stringify({ batch: two })}\n${JSON.stringify({ batch: two })}\n`,
      [...two, ...two],
    ],
    ['a text with a byte order mark', '\uFEFF{"a":1}', [{ a: 1 }]],
    ['a line with U+2028 in a string', '{"a":"x\u2028y"}\n{"b":1}\n', [{ a: 'x\u2028y' }, { b: 1 }]],
    ['an empty array', '[]', []],
    ['nothing', '', []],
    ['what is no event but JSON', '1\n"x"\nnull', [1, 'x', null]],
  ])('are found in %s', async (_form, text, events) => {
    expect(await read(text)).toEqual({ events });
  });

  test('before a line that is not JSON are read, and the line is named', async () => {
    expect(await read('{"a":1}\n\n{"b":2}\n{"c":\n{"d":4}\n')).toEqual({
      events: [{ a: 1 }, { b: 2 }],
      problem: 'InputError: line 4 is not JSON',
    });
  });

  test.each(['{"b":1}{"c":1}', '{"b":1} {"c":1}', '{"b":1},{"c":1}', '{"b":1} , {"c":1}'])(
    'that share a line are not read, and the message says what to do: %s',
    async (line) => {
      expect(await read(`{"a":1}\n${line}\n`)).toEqual({
        events: [{ a: 1 }],
        problem: 'InputError: line 2 is not JSON: if it holds several events, each needs a line of its own',
      });
    },
  );

  test('are never put together of what stands on two lines', async () => {
    expect(await read('[1\n2]')).toEqual({ events: [], problem: 'InputError: line 1 is not JSON' });
  });

  test.each([1, 6, 100])('keep a byte order mark that they hold, in chunks of %i', async (size) => {
    expect(await read('{"a":"\uFEFFx"}', size)).toEqual({ events: [{ a: '\uFEFFx' }] });
  });

  describe('of more than a request may hold', () => {
    const megabyte = 'x'.repeat(1_048_576);

    test('are read where they are one long array', async () => {
      const text = `\n[\n${`"${megabyte}",\n`.repeat(20)}1\n]\n{"a":1}`;
      const { events, problem } = await read(text, 100_000);
      expect(problem).toBeUndefined();
      expect(events).toHaveLength(22);
    });

    test('are not waited for further on, where a bracket that is never closed would take all that follows', async () => {
      let megabytes = 0;
      async function* cut() {
        yield '{"a":1}\n{"b":2}\n{"c":\n';
        for (; megabytes < 40; megabytes += 1) yield `"${megabyte}",\n`;
      }
      const events: Json[] = [];
      const reading = (async () => {
        for await (const event of readEvents(cut())) events.push(event);
      })();
      await expect(reading).rejects.toThrow('line 3 is not JSON');
      expect(events).toEqual([{ a: 1 }, { b: 2 }]);
      expect(megabytes).toBeLessThanOrEqual(16);
    });
  });

  test.each([
    ['one line', 'canary', 1],
    ['an object that is cut off', '\n{"canary":\n[1,\n', 2],
    ['NDJSON with a bad first line', 'canary\n{"a":1}\n{"b":2}\n', 1],
  ])('are none in %s that is not JSON, which is not quoted', async (_form, text, line) => {
    const { events, problem } = await read(text);
    expect(events).toEqual([]);
    expect(problem).toBe(`InputError: line ${line} is not JSON`);
  });

  test('are the same however the text is cut into chunks', async () => {
    const event = fc.dictionary(fc.string(), fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer()));
    await fc.assert(
      fc.asyncProperty(fc.array(event), fc.integer({ min: 1, max: 50 }), async (list, size) => {
        const text = list.map((item) => JSON.stringify(item)).join('\n');
        expect(await read(text, size)).toEqual(await read(text, Infinity));
        expect((await read(text, size)).events).toHaveLength(list.length);
      }),
    );
  });
});
