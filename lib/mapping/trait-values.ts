import { domainToUnicode } from 'node:url';
import type { Json, JsonObject } from '../runtime/json.ts';
import type { Scalar } from '../salesmachine/operation.ts';

/** A contact's name from the traits that Segment's spec reserves for its parts. */
export function joinName(traits: JsonObject): string | undefined {
  const parts = [findPart(traits, 'firstName', firstName), findPart(traits, 'lastName', lastName)];
  return parts.filter((part) => part !== undefined).join(' ') || undefined;
}

const firstName = anySpelling('firstname');
const lastName = anySpelling('lastname');

/** Matches a key in any case, and with white space and `_.-` anywhere: `first_name`, `FirstName`, `First Name`. */
function anySpelling(word: string): RegExp {
  const filler = '[\\s_.-]*';
  return new RegExp(`^${filler}${[...word, '$'].join(filler)}`, 'i');
}

/** A part of the name, in Segment's spelling or any other of it. */
function findPart(traits: JsonObject, key: 'firstName' | 'lastName', spellings: RegExp): string | undefined {
  const spelt = toName(traits[key]);
  if (spelt !== undefined) return spelt;
  for (const other in traits) {
    const name = other.length <= MAX_SPELLING && spellings.test(other) ? toName(traits[other]) : undefined;
    if (name !== undefined) return name;
  }
  return undefined;
}

const MAX_SPELLING = 20;

function toName(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value.trim() || undefined : undefined;
}

/**
 * The domain of a website as Salesmachine uses it for enrichment: `https://www.globex.example/en` is
 * `globex.example`. Undefined for what is no website, and for an address or a host without a dot.
 */
export function parseDomain(website: Json | undefined): string | undefined {
  if (typeof website !== 'string' || website.length > MAX_URL_LENGTH) return undefined;
  const text = website.trim();
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  const host = domainToUnicode(url?.hostname ?? '')
    .replace(/^www\.(?=.*\.)/, '')
    .replace(/\.$/, '');
  return host.length <= MAX_HOST_LENGTH && domainName.test(host) ? host : undefined;
}

const MAX_URL_LENGTH = 2_000;
/** Of the DNS. */
const MAX_HOST_LENGTH = 253;
/** Labels and a last one of two or more characters that is no number: else it would be an IP address, or `n.a`. */
const domainName =
  /^(?:[\p{L}\p{M}\p{N}_-]+\.)+(?=[^.]{2})[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}][\p{L}\p{M}\p{N}-]*$/u;

/** A number that stands in a text is that number; anything else stays what it is. */
export function parseNumber(value: Scalar | undefined): Scalar {
  if (typeof value !== 'string' || !decimal.test(value)) return value ?? null;
  const number = Number(value);
  return Number.isFinite(number) ? number : value;
}

/** Java writes ten million as `1.0E7`. */
const decimal = /^\s*[+-]?(?:\d{1,15}(?:\.\d{0,20})?|\.\d{1,20})(?:e[+-]?\d{1,2})?\s*$/i;
