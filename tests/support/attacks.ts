import { gzipSync } from 'node:zlib';

/** V8 hashes a string of more than 16,383 characters by its length alone: keys of one length collide. */
const longKeyed = (messageId: string, length: number, leaves: number) => ({
  type: 'track',
  userId: `attacker ${messageId}`,
  event: 'Attack',
  messageId,
  properties: {
    ['k'.repeat(length)]: Object.fromEntries(
      Array.from({ length: leaves }, (_, index) => [1_000 + index, 1]),
    ),
  },
});

/** Objects within objects, each under a long key: their paths are long, and all leaves share them. */
const deepKeyed = (messageId: string) => {
  let value: object = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`leaf${index}`, 1]));
  for (let level = 0; level < 50; level++) value = { ['d'.repeat(400)]: value };
  return { type: 'identify', userId: `attacker ${messageId}`, messageId, traits: value };
};

/** Events of some 30 KB that would be megabytes of attributes. */
export const oversizedEvents: Record<string, object[]> = {
  'a key of 17,000 characters above 1,500 leaves': [longKeyed('x1', 17_000, 1_500)],
  'two of them, whose keys collide': [longKeyed('x2', 17_000, 1_500), longKeyed('x3', 17_000, 1_500)],
  'eighteen of them': Array.from({ length: 18 }, (_, index) => longKeyed(`y${index}`, 16_384 + index, 1_500)),
  'long keys within long keys': [deepKeyed('x4')],
};

const marks = 'a\u0301\u0316'.repeat(40_000);

/** Names that take long to compare or to normalize. */
export const longNames: Record<string, object> = {
  'a track event of 160 KB of combining marks': {
    type: 'track',
    userId: 'z1',
    messageId: 'z1',
    event: marks,
  },
  'a page of such a name': { type: 'page', userId: 'z2', messageId: 'z2', name: marks },
  'a name of 100,000 humps': { type: 'track', userId: 'z3', messageId: 'z3', event: 'aB'.repeat(100_000) },
};

const MiB = 1024 * 1024;

const bomb = (bytes: number, head: string, filling: string, tail: string) =>
  gzipSync(head + filling.repeat(Math.floor(bytes / filling.length)) + tail);

/** Some 24 KB each that decompress to 16 MB, and to 5 MB, which is read before it is known who sent it. */
export const gzipBombs: Record<string, Buffer> = Object.fromEntries(
  [16, 5].flatMap((size): [string, Buffer][] => [
    [`members without end, ${size} MB`, bomb(size * MiB, '{', '"":0,', '"a":0}')],
    [`a write key behind them, ${size} MB`, bomb(size * MiB, '{', '"":0,', '"writeKey":"w"}')],
    [`one endless string, ${size} MB`, bomb(size * MiB, '{"batch":"', 'x', '","writeKey":"w"}')],
    [`brackets that never close, ${size} MB`, bomb(size * MiB, '{"writeKey":', '[', '')],
    [`an array of nothing, ${size} MB`, bomb(size * MiB, '[', '0,', '0]')],
    [`wrapped events, ${size} MB`, bomb(size * MiB, '[', '{"json":{}},', '0]')],
  ]),
);
