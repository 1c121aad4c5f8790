import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { decodeInput } from '../../../lib/cli/decode-input.ts';

async function decode(bytes: Buffer, chunkSize: number, pieces: string[] = []): Promise<string> {
  async function* inChunks() {
    for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
  }
  for await (const piece of decodeInput(inChunks())) pieces.push(piece);
  return pieces.join('');
}

const text = '{"name":"Zoë 注 😀"}\n'.repeat(50);
const utf16le = Buffer.from(text, 'utf16le');

describe('the text of an input', () => {
  test.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text}`)],
    ['UTF-16, little endian', utf16le],
    ['UTF-16, little endian, with a byte order mark', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16, big endian', Buffer.from(utf16le).swap16()],
    ['UTF-16, big endian, with a byte order mark', Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['gzip', gzipSync(text)],
    ['gzip in two members', Buffer.concat([gzipSync(text.slice(0, 100)), gzipSync(text.slice(100))])],
    ['gzip of UTF-16', gzipSync(utf16le)],
    ['zlib', deflateSync(text)],
    ['gzip in gzip', gzipSync(gzipSync(text))],
  ])('is read from %s, however it comes', async (_form, bytes) => {
    for (const chunkSize of [1, 7, 10_000]) expect(await decode(bytes, chunkSize)).toBe(text);
  });

  test('is empty where the input is', async () => {
    expect(await decode(Buffer.alloc(0), 1)).toBe('');
  });

  test('that is not UTF-8 is read up to a line that cannot be, which is named', async () => {
    const latin1 = Buffer.concat([
      Buffer.from('Zoë\nZoë\n'),
      Buffer.from('Zoë\n', 'latin1'),
      Buffer.from('Zoë'),
    ]);
    for (const chunkSize of [1, 3, 10_000]) {
      const pieces: string[] = [];
      const reading = decode(latin1, chunkSize, pieces);
      await expect(reading).rejects.toThrow(
        'line 3 is not UTF-8: if it is Latin-1, convert it to UTF-8 first',
      );
      expect(pieces.join('')).toMatch(/^Zoë\nZoë\n(?:Zo)?$/);
    }
    await expect(decode(Buffer.from('Zoë').subarray(0, 3), 10)).rejects.toThrow('line 1 is not UTF-8');
  });

  test.each([
    ['a zip archive', 'PK\x03\x04\x14', 'unpack it first'],
    ['compressed with xz', '\xfd7zXZ', 'unpack it first'],
    ['compressed with bzip2', 'BZh91', 'unpack it first'],
    ['compressed with zstd', '\x28\xb5\x2f\xfd\x24', 'unpack it first'],
    ['UTF-32', '{\0\0\0', 'convert it to UTF-8 first'],
    ['UTF-32', '\0\0\xfe\xff', 'convert it to UTF-8 first'],
  ])('cannot be had from what is %s, which is said', async (name, start, advice) => {
    const bytes = Buffer.from(start, 'latin1');
    await expect(decode(bytes, 10)).rejects.toThrow(`the input is ${name}: ${advice}`);
    await expect(decode(gzipSync(bytes), 1)).rejects.toThrow(`the input is ${name}`);
  });

  test('that was cut while it was compressed is an error', async () => {
    await expect(decode(gzipSync(text).subarray(0, 40), 10)).rejects.toThrow('unexpected end of file');
  });
});
