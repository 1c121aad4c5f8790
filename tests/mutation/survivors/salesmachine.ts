import type { AcceptedSurvivors } from '../explain-survivors.ts';
import { BOUNDARY, FASTER, TEXT } from './reasons.ts';

export const survivors: AcceptedSurvivors = {
  'lib/salesmachine/client.ts': {
    'request.destroy(Object.assign(new Error(""), { code: \'ECONNTIMEOUT\' }));': TEXT,
    'socket.once(protocol === https ? "" : \'connect\', () => {':
      'only over TLS, for which the unit tests have no server',
    "socket.once('close', () => connecting.abort(null));": 'only ends a timer sooner',
    'if (bytes >= MAX_RESPONSE_BYTES) {': BOUNDARY,
  },
  'lib/salesmachine/error-detail.ts': {
    'const message = redact(parseMessage(body), operations).slice(0, MAX_LENGTH);': FASTER,
    "fields.flatMap(([name, value]) => (name !== 'method' && typeof value === 'string' ? value : [\"Stryker was here\"])),":
      'no refusal holds that text',
    'const straight = straightenQuotes(value);': FASTER,
  },
  'lib/salesmachine/rate-limit.ts': {
    'const sensible = waits.filter((wait) => wait < MAX_SENSIBLE_MS);': BOUNDARY,
    'if (number >= EPOCH_MILLISECONDS) return number - now;': BOUNDARY,
    'if (number >= EPOCH_SECONDS) return number * 1_000 - now;': BOUNDARY,
  },
};
