import { isBraced, scanMembers, trimWhitespace } from './json-scanner.ts';

const WRAPPER_KEY = Buffer.from('"json"');

/** Most elements are none, and the first letter of their first key says so. */
function mayBeWrapper(element: Buffer): boolean {
  const members = trimWhitespace(element, 1);
  return members[1] === WRAPPER_KEY[1] && members.subarray(0, WRAPPER_KEY.length).equals(WRAPPER_KEY);
}

/**
 * The event in an element of an Extensible Webhook's batch, which is `{"json":{…}}`: the bytes of the inner object. Any
 * other element is returned as it is. Source: Segment's own destination code, @segment/action-destinations.
 */
export function unwrapEvent(element: Buffer): Buffer {
  if (!isBraced(element) || !mayBeWrapper(element)) return element;
  const [member, second] = scanMembers(element);
  return member !== undefined && second === undefined && isBraced(member.value) ? member.value : element;
}
