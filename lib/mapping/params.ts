import { isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';
import type { Params } from '../salesmachine/operation.ts';
import { flatten } from './flatten.ts';

/** What the relay adds to params where the user left it open. */
export type Defaults = Record<string, string | undefined>;

/**
 * The params of a contact or an event: the user's traits or properties, flat; the link to an account; and the
 * additions. A value of the user's own under the name of an addition wins, unless it is null or blank.
 *
 * The account is `account_uid` among the attributes, else among `context.traits`, else `context.groupId`, the first
 * that is an id (text or a number, sent as text). An own `account_uid` that is none links nothing: null or blank
 * is left out, anything else (a list, a boolean) stands under another key.
 */
export function buildParams(attributes: JsonObject, context: JsonObject, defaults: Defaults): Params {
  const { account_uid: accountTrait = null, ...others } = attributes;
  const mustMoveAccountTrait = !isBlank(accountTrait) && toId(accountTrait) === undefined;
  const params = mustMoveAccountTrait ? flatten(attributes, 'account_uid') : flatten(others);
  const accountUid = toId(accountTrait) ?? readContextAccount(context);

  const filled: Params = {};
  for (const [key, text] of Object.entries(defaults)) {
    if (text !== undefined && isBlank(params[key])) filled[key] = text;
  }
  // Twice: the first gives them their place in front, the second replaces what is blank.
  return {
    ...filled,
    ...params,
    ...filled,
    ...(accountUid === undefined ? {} : { account_uid: accountUid }),
  };
}

/** `name`, which Segment's page recommends for a contact, from the traits that Segment's spec reserves for its parts. */
export function toNameFields(traits: JsonObject): Defaults {
  const first = toNonBlankText(traits['firstName']) ?? toNonBlankText(traits['first_name']);
  const last = toNonBlankText(traits['lastName']) ?? toNonBlankText(traits['last_name']);
  const parts = [first, last].filter((part) => part !== undefined);
  return { name: parts.length === 0 ? undefined : parts.map((part) => part.trim()).join(' ') };
}

/** The three that Salesmachine's own clients send with a page view. */
export function toVisitFields(properties: JsonObject, { page, ip, userAgent }: JsonObject): Defaults {
  return {
    visit_url:
      toNonBlankText(properties['url']) ?? (isJsonObject(page) ? toNonBlankText(page['url']) : undefined),
    visit_ip: toNonBlankText(ip),
    visit_agent: toNonBlankText(userAgent),
  };
}

function readContextAccount({ traits, groupId }: JsonObject): string | undefined {
  return (isJsonObject(traits) ? toId(traits['account_uid']) : undefined) ?? toId(groupId);
}

/** Salesmachine's ids are strings; Segment's are often numbers. 1e21 is written out, as an event's own ids are. */
function toId(value: Json | undefined): string | undefined {
  if (typeof value !== 'number') return toNonBlankText(value);
  if (!Number.isFinite(value)) return undefined;
  return Number.isInteger(value) ? String(BigInt(value)) : String(value);
}

function toNonBlankText(value: Json | undefined): string | undefined {
  return typeof value === 'string' && !isBlank(value) ? value.toWellFormed() : undefined;
}

function isBlank(value: Json | undefined): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}
