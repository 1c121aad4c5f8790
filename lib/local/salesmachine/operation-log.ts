import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Operation } from '../../salesmachine/operation.ts';

/** Operations that are compressed together: some 250 KB of JSON, a millisecond's work. */
const CHUNK_SIZE = 1_000;

export type OperationLog = {
  append(operation: Operation): void;
  /** In order of arrival, a chunk at a time. */
  chunks(): Generator<readonly Operation[]>;
};

/** Every operation in order of arrival, compressed: a million of them take 30 to 70 MB. */
export function createOperationLog(): OperationLog {
  const compressed: Buffer[] = [];
  let open: Operation[] = [];

  return {
    append(operation) {
      open.push(operation);
      if (open.length < CHUNK_SIZE) return;
      compressed.push(compress(JSON.stringify(open)));
      open = [];
    },
    *chunks() {
      // What arrives while a slow reader is at work is not part of what it reads.
      const [chunks, latest] = [[...compressed], [...open]];
      for (const chunk of chunks) yield parseChunk(chunk);
      yield latest;
    },
  };
}

/** Copied, because the compressor's own buffer is larger than what is in it. */
const compress = (text: string): Buffer => Buffer.from(zstdCompressSync(text, { params: FAST }));

const FAST = { [constants.ZSTD_c_compressionLevel]: 1 };

/** What this file has written itself needs no check. */
const parseChunk = (chunk: Buffer): Operation[] => JSON.parse(zstdDecompressSync(chunk).toString());
