import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { decodeInput } from '../../../lib/cli/decode-input.ts';

async function decode(bytes: Buffer, chunkSize: number): Promise<string> {
  async function* inChunks() {
    for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
  }
  const pieces: string[] = [];
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
  ])('is read from %s, however it comes', async (_form, bytes) => {
    for (const chunkSize of [1, 7, 10_000]) expect(await decode(bytes, chunkSize)).toBe(text);
  });

  test('is empty where the input is', async () => {
    expect(await decode(Buffer.alloc(0), 1)).toBe('');
  });

  test('that was cut while it was compressed is an error', async () => {
    await expect(decode(gzipSync(text).subarray(0, 40), 10)).rejects.toThrow('unexpected end of file');
  });
});
