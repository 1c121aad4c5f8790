import { inflateRawSync } from 'node:zlib';

const STORED = 0;

/** The files of a zip archive by their names, read from its central directory (PKWARE's APPNOTE, 4.3). */
export function readZip(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const count = archive.readUInt16LE(end + 10);
  const files = new Map<string, Buffer>();
  let entry = archive.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    const method = archive.readUInt16LE(entry + 10);
    const bytes = archive.readUInt32LE(entry + 20);
    const nameEnd = entry + 46 + archive.readUInt16LE(entry + 28);
    const header = archive.readUInt32LE(entry + 42);
    const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
    const data = archive.subarray(start, start + bytes);
    files.set(archive.toString('utf8', entry + 46, nameEnd), method === STORED ? data : inflateRawSync(data));
    entry = nameEnd + archive.readUInt16LE(entry + 30) + archive.readUInt16LE(entry + 32);
  }
  return files;
}
