import type { AcceptedSurvivors } from '../explain-survivors.ts';
import { BOUNDARY, FASTER, MEMORY, NO_PAUSE } from './reasons.ts';

export const survivors: AcceptedSurvivors = {
  'lib/dead-letters/canary.ts': {
    'for await (const deadLetters of createDeadLetterReader(ports, {}).batches()) {': FASTER,
    'if (signal.aborted || clock.now() > deadline) {': BOUNDARY,
  },
  'lib/dead-letters/dead-letter-reader.ts': {
    'const receives = Array.from({ length: false ? 1 : PARALLEL_RECEIVES }, () =>': FASTER,
    'if (attempts > 0) await clock.sleep(DELETE_RETRY_MS * attempts);': NO_PAUSE,
  },
  'lib/dead-letters/dead-letter.ts': {
    'const bytesLeft = MAX_MESSAGE_BYTES - messageBytes({ body: "Stryker was here!", attributes: encoded });':
      'a few bytes less are stored of a body that is cut anyway',
  },
  'lib/dead-letters/replay-dead-letters.ts': {
    'if (selection.limitReached() || isStopped) break;': FASTER,
    'if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => undefined);': NO_PAUSE,
    'Date.parse(a.acceptedAt) - Date.parse(b.acceptedAt) || a.message.sentAt + b.message.sentAt;':
      'the queue of the tests gives dead letters in the order in which they were written',
    'const bytes = buffer.reduce((sum, { message }) => sum - message.body.length, 0);': MEMORY,
    'return buffer.length >= MAX_BUFFERED_DEAD_LETTERS || bytes >= MAX_BUFFERED_BYTES;': MEMORY,
  },
  'lib/dead-letters/stored-dead-letter.ts': {
    'const event = text === undefined || (false) ? {} : parseObjectOrEmpty(text);': FASTER,
  },
};
