import type { DatabaseSync } from 'node:sqlite';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Operation } from '../../salesmachine/operation.ts';

/** Operations that are compressed together: some 250 KB of JSON, a millisecond's work. */
const CHUNK_SIZE = 1_000;

export type OperationLog = {
  append(operation: Operation): void;
  /** In order of arrival, a chunk at a time. */
  chunks(): Generator<readonly Operation[]>;
};

/** Every operation in order of arrival, compressed: a million of them take 30 to 70 MB of the database. */
export function createOperationLog(database: DatabaseSync): OperationLog {
  database.exec('CREATE TABLE chunks (number INTEGER PRIMARY KEY, operations BLOB)');
  const write = database.prepare('INSERT INTO chunks (operations) VALUES (?)');
  const read = database.prepare('SELECT operations FROM chunks WHERE number = ?');
  let count = 0;
  let open: Operation[] = [];

  return {
    append(operation) {
      open.push(operation);
      if (open.length < CHUNK_SIZE) return;
      write.run(zstdCompressSync(JSON.stringify(open), { params: FAST }));
      count += 1;
      open = [];
    },
    *chunks() {
      // What arrives while a slow reader is at work is not part of what it reads.
      const [written, latest] = [count, [...open]];
      for (let number = 1; number <= written; number += 1) yield parseChunk(read.get(number)?.['operations']);
      yield latest;
    },
  };
}

const FAST = { [constants.ZSTD_c_compressionLevel]: 1 };

/** What this file has written itself needs no check of its content. */
function parseChunk(chunk: unknown): Operation[] {
  if (!(chunk instanceof Uint8Array)) throw new TypeError('A chunk of operations is missing.');
  return JSON.parse(zstdDecompressSync(chunk).toString());
}
