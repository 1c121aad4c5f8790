import { isBraced, scanMembers, trimWhitespace } from './json-scanner.ts';

const WRAPPER_KEY = Buffer.from('"json"');

/**
 * The event in an element of an Extensible Webhook's batch, which is `{"json":{…}}`: the bytes of the inner object. Any
 * other element is returned as it is. Source: Segment's own destination code, @segment/action-destinations.
 */
export function unwrapEvent(element: Buffer): Buffer {
  const members = trimWhitespace(element, 1);
  if (!isBraced(element) || !members.subarray(0, WRAPPER_KEY.length).equals(WRAPPER_KEY)) return element;
  const [member, second] = scanMembers(element);
  return member !== undefined && second === undefined && isBraced(member.value) ? member.value : element;
}
