import { expect, test } from '@jest/globals';
import { matchRoute } from '../../../lib/segment/route.ts';
import { splitRequest } from '../../../lib/segment/split-request.ts';
import { seededRandom } from '../../support/seeded-random.ts';

/** Another count runs more of them: `GENERATED_BODIES=200000 npm run jest -- generated-bodies`. */
const COUNT = Number(process.env['GENERATED_BODIES'] ?? 2_000);

const random = seededRandom(9);
const below = (limit: number) => Math.floor(random() * limit);
const pick = <T>(first: T, ...others: T[]): T => [first, ...others][below(others.length + 1)] ?? first;
const listOf = <T>(most: number, make: () => T): T[] => Array.from({ length: below(most + 1) }, make);

const space = () => pick('', '', '', ' ', '\n', '\t ', '\r\n');
const characters = () =>
  listOf(4, () => pick('a', 'é', '😀', '"', '\\', ',', '[', ']', '{', '}', ':', '\uFFFF', '\u2028')).join('');
const string = () => JSON.stringify(characters());
/** Without backslashes: V8 confuses a key that ends in one with a key of the same shape that goes on by an escape. */
const key = () => JSON.stringify(`k${characters().replaceAll('\\', '')}`);
const number = () => pick('0', '-1.50', '1e3', '12345678901234567890', String(below(1_000)));

function json(depth: number): string {
  const kind = depth === 0 ? below(3) : below(5);
  if (kind === 0) return string();
  if (kind === 1) return number();
  if (kind === 2) return pick('true', 'false', 'null');
  return kind === 3
    ? array(listOf(3, () => json(depth - 1)))
    : object(listOf(3, () => [key(), json(depth - 1)]));
}

const array = (items: string[]) => `[${items.map((item) => `${space()}${item}${space()}`).join()}]`;
const object = (members: (readonly [string, string])[]) =>
  `{${members.map(([name, value]) => `${space()}${name}${space()}:${space()}${value}${space()}`).join()}}`;

/** Each event is told by its id, so that none can hide behind another. */
let made = 0;
const mark = () => `event-${++made}-`;
const event = (id: string) =>
  object([
    ['"type"', pick('"track"', '"identify"', '"screen"')],
    ['"userId"', `"${id}"`],
    ...listOf(3, () => [key(), json(3)] as const),
  ]);

type Body = { text: string; events: string[]; path: string };

function generateBody(): Body {
  const events = listOf(5, () => event(mark()));
  const items = array(events);
  const [one = event(mark())] = events;
  return pick<() => Body>(
    () => ({ text: one, events: [one], path: '/segment' }),
    () => ({ text: items, events, path: pick('/segment', '/v1/batch', '/v1/track') }),
    () => ({
      text: object([
        ['"batch"', items],
        ['"sentAt"', json(1)],
      ]),
      events,
      path: '/v1/batch',
    }),
    () => ({ text: array(events.map((inner) => object([['"json"', inner]]))), events, path: '/segment' }),
  )();
}

const routeAt = (path: string) => {
  const match = matchRoute('POST', path);
  if (match.kind !== 'route') throw new Error(`no route at ${path}`);
  return match.route;
};
const split = ({ path }: Body, bytes: Buffer) => splitRequest(bytes, routeAt(path));
const parse = (text: string): unknown => JSON.parse(text);

test(`${COUNT} bodies: each event is a slice that means what JSON.parse finds`, () => {
  for (let count = 0; count < COUNT; count++) {
    const body = generateBody();
    const received = split(body, Buffer.from(`${space()}${body.text}${space()}`));
    expect(received.map((one) => (one.kind === 'event' ? parse(one.text) : one))).toEqual(
      body.events.map(parse),
    );
  }
});

/** Cuts, overwrites, inserts or doubles some bytes. */
function breakBody(text: string): Buffer {
  const bytes = Buffer.from(text);
  const at = below(bytes.length);
  const noise = Buffer.from([pick(0x5b, 0x5d, 0x7b, 0x7d, 0x22, 0x2c, 0x5c, 0x0a, 0x00, 0xff)]);
  return pick(
    () => bytes.subarray(0, at),
    () => Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at + 1)]),
    () => Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]),
    () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + below(10))]),
    () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - below(30)))]),
  )();
}

test(`${COUNT} broken bodies: no event's bytes vanish without a count, whatever is broken`, () => {
  for (let count = 0; count < COUNT; count++) {
    const body = generateBody();
    const bytes = breakBody(body.text);
    const received = split(body, bytes);
    const kept = received
      .map((one) => (one.kind === 'event' ? one.text : Buffer.from(one.body).toString('latin1')))
      .join(' ');
    const ids = bytes.toString('latin1').match(/event-\d+-/g) ?? [];
    for (const id of ids) if (!kept.includes(id)) throw new Error(`${id} is lost of ${bytes}`);
  }
});
