import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { startLocalRelay, TOKEN } from './local-relay.ts';

const SIZES = [10_000, 100_000];
const LONG = 1_000_000;
const USERS = 20_000;

/** Sends ever longer files with `relay send` to a local relay: its memory must not grow with them. */
export async function benchSend({ isLong }: BenchOptions): Promise<BenchResult> {
  const directory = await mkdtemp(join(tmpdir(), 'relay-send-'));
  const relay = await startLocalRelay();
  try {
    const rows: Row[] = [];
    for (const events of isLong ? [...SIZES, LONG] : SIZES) {
      const file = join(directory, `${events}.ndjson`);
      await pipeline(Readable.from(generateLines(events)), createWriteStream(file));
      const { stdout, seconds, memory } = await relay.command(
        ...['send', file, '--url', `${relay.url}/segment`, '--token', TOKEN, '--json'],
      );
      const { accepted } = JSON.parse(stdout);
      if (accepted !== events) throw new Error(`The relay accepted ${accepted} of ${events} events.`);
      const figure = `relay send, ${events.toLocaleString('en')} events`;
      rows.push(
        { figure, value: events / seconds, unit: 'events/s' },
        { figure: `${figure}: heap at the end`, value: memory.heap, unit: 'MB' },
        { figure: `${figure}: most memory`, value: memory.peak, unit: 'MB' },
      );
      await rm(file);
    }
    return { rows };
  } finally {
    await relay.stop();
    await rm(directory, { recursive: true });
  }
}

function* generateLines(events: number): Generator<string> {
  for (let number = 0; number < events; number += 1) {
    const event = {
      type: 'track',
      event: 'Order Completed',
      userId: `user-${number % USERS}`,
      messageId: `message-${number}`,
      properties: { revenue: 9.5, number },
    };
    yield `${JSON.stringify(event)}\n`;
  }
}
