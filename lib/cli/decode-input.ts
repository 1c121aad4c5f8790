import { pipeline, Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { detectEncoding } from '../segment/body.ts';

/**
 * The text of an input. What it is in is seen by its first bytes: gzip or zlib is decompressed, UTF-16 is read as well
 * as UTF-8.
 */
export const decodeInput = (bytes: AsyncIterable<Buffer>): AsyncGenerator<string> =>
  decodeText(decompress(bytes));

const decompressors = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress } as const;

async function* decompress(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { first, all } = await peek(chunks);
  const encoding = detectEncoding(first);
  if (encoding === undefined) {
    yield* all;
    return;
  }
  const decompressor: Transform = decompressors[encoding]();
  // The iteration below throws what goes wrong, in the source, too.
  pipeline(Readable.from(all), decompressor, () => undefined);
  yield* decompressor;
}

async function* decodeText(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const { first, all } = await peek(chunks);
  const decoder = new TextDecoder(detectCharset(first));
  for await (const chunk of all) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** By the byte order mark, or by the zero beside the first character, which in JSON is ASCII. */
function detectCharset([first, second]: Buffer): string {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le';
  return (first === 0xfe && second === 0xff) || (first === 0 && second !== 0) ? 'utf-16be' : 'utf-8';
}

const PEEKED_BYTES = 4;

/** The first bytes, and all of them again. */
async function peek(chunks: AsyncIterable<Buffer>): Promise<{ first: Buffer; all: AsyncGenerator<Buffer> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let first = Buffer.alloc(0);
  let isDone = false;
  while (first.length < PEEKED_BYTES && !isDone) {
    const next = await iterator.next();
    isDone = next.done === true;
    if (next.done !== true) first = Buffer.concat([first, next.value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield first;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { first, all: all() };
}
