import { pipeline, Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { InputError } from '../runtime/errors.ts';
import { detectEncoding } from '../segment/body.ts';

/**
 * The text of an input. What it is in is seen by its first bytes: gzip or zlib is decompressed, twice if need be;
 * UTF-16 is read as well as UTF-8.
 *
 * @throws InputError for what cannot be read, after the text before it
 */
export const decodeInput = (bytes: AsyncIterable<Buffer>): AsyncGenerator<string> =>
  decodeText(decompress(decompress(bytes)));

const decompressors = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress } as const;

const [unpack, convert] = ['unpack it first', 'convert it to UTF-8 first'];

/** What else a file of events may be, by its first bytes in hexadecimal. */
const formats: readonly { start: string; name: string; advice: string }[] = [
  { start: '504b0304', name: 'a zip archive', advice: unpack },
  { start: 'fd377a58', name: 'compressed with xz', advice: unpack },
  { start: '425a68', name: 'compressed with bzip2', advice: unpack },
  { start: '28b52ffd', name: 'compressed with zstd', advice: unpack },
  { start: 'fffe0000', name: 'UTF-32', advice: convert },
  { start: '0000feff', name: 'UTF-32', advice: convert },
  { start: '7b000000', name: 'UTF-32', advice: convert },
  { start: '5b000000', name: 'UTF-32', advice: convert },
  { start: '0000007b', name: 'UTF-32', advice: convert },
  { start: '0000005b', name: 'UTF-32', advice: convert },
];

async function* decompress(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { first, all } = await peek(chunks);
  const format = formats.find(({ start }) => first.toString('hex').startsWith(start));
  if (format !== undefined) throw new InputError(`the input is ${format.name}: ${format.advice}`);
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
  const charset = detectCharset(first);
  yield* charset === 'utf-8' ? decodeUtf8(all) : decodeUtf16(all, charset);
}

async function* decodeUtf16(chunks: AsyncIterable<Buffer>, charset: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(charset);
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** Line by line, so that the one that is no UTF-8 can be named: what is replaced would change names unseen. */
async function* decodeUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  const decode = (bytes?: Buffer): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new InputError(`line ${line} is not UTF-8: if it is Latin-1, ${convert}`);
    }
  };
  for await (const chunk of chunks) {
    const decoded: string[] = [];
    try {
      for (const bytes of splitAfterNewlines(chunk)) {
        decoded.push(decode(bytes));
        if (bytes.at(-1) === NEWLINE) line += 1;
      }
    } finally {
      yield decoded.join('');
    }
  }
  decode();
}

const NEWLINE = 0x0a;

function* splitAfterNewlines(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, at) + 1 || bytes.length;
    yield bytes.subarray(at, end);
    at = end;
  }
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
