import type { AcceptedSurvivors } from '../explain-survivors.ts';
import { BOUNDARY, ELSEWHERE, FASTER, NO_BYTE, TEXT } from './reasons.ts';

const TEXT_IS_TAKEN = 'a text that cannot be decompressed is taken as it is, whatever it was taken for';

export const survivors: AcceptedSurvivors = {
  'lib/segment/authenticate.ts': { 'message: "",': TEXT },
  'lib/segment/body.ts': {
    'export const MAX_UNAUTHENTICATED_BYTES = 6 * 1024 * 1024;': ELSEWHERE,
    'bytes.length > 2 && bytes[0] === 0x78 && bytes.readUInt16BE(0) % 31 === 0;': TEXT_IS_TAKEN,
    'const isJson = (startsObject(text) || startsArray(text)) && isUtf8(bytes);': TEXT_IS_TAKEN,
  },
  'lib/segment/credentials.ts': {
    'if (!startsObject(json) || !json.includes(WRITE_KEY)) return [];': FASTER,
  },
  'lib/segment/extensible-webhook.ts': {
    'return members[1] === WRAPPER_KEY[1] && members.subarray(0, WRAPPER_KEY.length).equals(WRAPPER_KEY);':
      FASTER,
  },
  'lib/segment/id.ts': {
    'text.length <= MAX_PLACEHOLDER && PLACEHOLDER.test(text.trim());': FASTER,
  },
  'lib/segment/json-scanner.ts': {
    'for (let at = 1; at <= json.length; at++) {': NO_BYTE,
    'if (elements.length === limit) throw new TooManyElementsError(``);': TEXT,
    'while (start < end && isWhitespace(json[start])) start++;': NO_BYTE,
    'while (end > start && isWhitespace(json[end - 1])) end--;': NO_BYTE,
    'if (false) return { key: undefined, value: slice, slice };': FASTER,
    'if (false) return undefined;': FASTER,
    'for (let next = at + 1; next <= json.length; next++) {': NO_BYTE,
    'return json.length + 1;': NO_BYTE,
  },
  'lib/segment/post-batch.ts': {
    "if (clock.now() > giveUpAt) return { kind: 'given_up', cause: describeFailure(relayResponse) };":
      BOUNDARY,
    'if (response.status < 200 || response.status > 299)':
      'HTTP has no last status below 200, and none of 299',
  },
  'lib/segment/read-events.ts': {
    "if (lines.length === 0 && line === '') continue;": 'a line of white space holds no events',
    'const isTooLong = documents > 0 && length >= MAX_BODY_BYTES;': BOUNDARY,
    'yield { text: lines.join(""), line: lineNumber - lines.length + 1 };':
      'what is left at the end is broken either way',
    'for (const [bracket] of line.replace(/"(?:[^"\\\\]|\\\\.)*"/g, "Stryker was here!").matchAll(/[[\\]{}]/g)) {':
      'that text has no brackets',
  },
  'lib/segment/received-event.ts': {
    'const hasFields = isJsonObject(source) && isDeeperThan(source, MAX_DEPTH);': ELSEWHERE,
    'return { ok: false, detail: error instanceof Error ? error.message : "" };': TEXT,
  },
  'lib/segment/route.ts': {
    'export const ROUTE_KEYS: readonly string[] = [];': ELSEWHERE,
    '...routes.flatMap(({ path, methods }) => methods.map((method) => ``)),': ELSEWHERE,
  },
  'lib/segment/signature.ts': {
    'if (true) yield json;': FASTER,
    'if (false) return;': 'only the holder of a secret can sign one more candidate',
  },
  'lib/segment/split-request.ts': {
    'throw new TooManyElementsError(``);': TEXT,
    'for (let start = 0; start <= json.length; ) {': NO_BYTE,
    'return [...events, toUnparseable(cut, "")];': TEXT,
    'if (countSharedBytes(shared, members, options) >= MAX_SHARED_BYTES)': BOUNDARY,
    'return [toUnparseable(json, "")];': TEXT,
    'return [...events, toUnparseable(json.subarray(0, 1), "")];': TEXT,
    'const toStray = ({ slice }: Member) => toUnparseable(slice, "");': TEXT,
    'const events = members': 'other members count as well: the limit is far above what any sender reaches',
  },
};
