import type { AcceptedSurvivors } from '../explain-survivors.ts';
import { FASTER } from './reasons.ts';

export const survivors: AcceptedSurvivors = {
  'lib/telemetry/error-frames.ts': {
    'const FRAME = / {4}at …': 'a line of a stack begins so, or is none',
    'const KNOWN_FILE = …': 'a path is one line, which is read from its beginning',
    "const [name = ''] = /[\\w$. [\\]]*/.exec(stack) ?? [];": 'what may be empty matches at the beginning',
    'return stack.startsWith(head) ? stack.slice(head.length).split(\'\\n\') : ["Stryker was here"];':
      'no frame either',
  },
  'lib/telemetry/log-fields.ts': {
    '? value.filter((frame) => true && LOGGED_FRAME.test(frame))': 'only a text has the form of a frame',
  },
  'lib/telemetry/log-level.ts': {
    "(level !== 'info' || false || random() < infoSampleRate);": FASTER,
  },
};
