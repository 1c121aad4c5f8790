import { domainToUnicode } from 'node:url';
import type { Json, JsonObject } from '../runtime/json.ts';
import type { Scalar } from '../salesmachine/operation.ts';
import { isPlaceholderId } from '../segment/id.ts';

/**
 * A contact's name: `name` in another spelling, else first and last name. One of the two alone is no name: it may come
 * after both, in an update of that part only.
 */
export function findName(traits: JsonObject): string | undefined {
  const name = findText(traits, 'name');
  if (name !== undefined) return name;
  const [first, last] = [findText(traits, 'firstName'), findText(traits, 'lastName')];
  return first === undefined || last === undefined ? undefined : `${first} ${last}`;
}

/** An account's domain, as `parseDomain` gives it: `domain` in another spelling, else that of its website. */
export const findDomain = (traits: JsonObject): string | undefined =>
  parseDomain(findText(traits, 'domain')) ??
  parseDomain(findText(traits, 'website')) ??
  parseDomain(findText(traits, 'websiteUrl'));

const spellings = {
  name: anySpelling('name'),
  firstName: anySpelling('firstname'),
  lastName: anySpelling('lastname'),
  domain: anySpelling('domain'),
  website: anySpelling('website'),
  websiteUrl: anySpelling('websiteurl'),
};

/** Matches a key in any case, and with white space and `_.-` anywhere: `first_name`, `FirstName`, `First Name`. */
function anySpelling(word: string): RegExp {
  const filler = '[\\s_.-]*';
  return new RegExp(`^${filler}${[...word, '$'].join(filler)}`, 'i');
}

/** A trait that is text, in Segment's spelling or any other of it. */
function findText(traits: JsonObject, key: keyof typeof spellings): string | undefined {
  const spelt = toText(traits[key]);
  if (spelt !== undefined) return spelt;
  for (const other in traits) {
    const text =
      other.length <= MAX_SPELLING && spellings[key].test(other) ? toText(traits[other]) : undefined;
    if (text !== undefined) return text;
  }
  return undefined;
}

const MAX_SPELLING = 20;

function toText(value: Json | undefined): string | undefined {
  if (typeof value !== 'string' || isPlaceholderId(value)) return undefined;
  return value.trim() || undefined;
}

/**
 * The domain of a website as Salesmachine uses it for enrichment: `https://www.globex.example/en` is
 * `globex.example`. Undefined for what is no website, and for an IP address, an e-mail address, a host without a dot.
 */
export function parseDomain(website: string | undefined): string | undefined {
  if (website === undefined || website.length > MAX_URL_LENGTH) return undefined;
  const text = website.replace(/\p{Default_Ignorable_Code_Point}/gu, '').trim();
  const schemeless = text.replace(/^(?:(?:https?|ftp):|[\\/])+/i, '');
  const url = URL.parse(`https://${schemeless}`);
  if (url === null || (url.username !== '' && schemeless === text)) return undefined;
  const host = domainToUnicode(url.hostname)
    .replace(/^www\.(?=.*\.)/, '')
    .replace(/\.$/, '');
  return host.length <= MAX_HOST_LENGTH && domainName.test(host) ? host : undefined;
}

const MAX_URL_LENGTH = 2_000;
/** Of the DNS. */
const MAX_HOST_LENGTH = 253;
/** Labels, and a last one of two or more letters: else it would be an IP address, `n.a`, or a number like `3.5M`. */
const domainName = /^(?:[\p{L}\p{M}\p{N}_-]+\.)+(?=[^.]{2})[\p{L}\p{M}]+$/u;

/** A number that stands in a text is that number; anything else stays what it is. */
export function parseNumber(value: Scalar | undefined): Scalar {
  if (typeof value !== 'string' || !decimal.test(value)) return value ?? null;
  const number = Number(value);
  return Number.isFinite(number) ? number : value;
}

/** Java writes ten million as `1.0E7`. */
const decimal = /^\s*[+-]?(?:\d{1,15}(?:\.\d{0,20})?|\.\d{1,20})(?:e[+-]?\d{1,2})?\s*$/i;
