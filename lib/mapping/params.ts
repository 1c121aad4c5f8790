import { isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';
import type { Params } from '../salesmachine/operation.ts';
import { isBlank, isPlaceholderId, parseId } from '../segment/id.ts';
import { pickContext } from './context-attributes.ts';
import { type Claim, createAdder, flatten } from './flatten.ts';
import { findDomain, findName, parseNumber } from './trait-values.ts';

/** What the relay adds where the user left it open. */
export type Fields = Record<string, string | undefined> & { display_name?: string };

/** A contact's traits, flat, with `name` from its parts where it is missing, and the link to an account. */
export function toContactParams(traits: JsonObject, context: JsonObject): Params {
  const params = buildParams(traits, { name: findName(traits) }, (key) =>
    key === 'account_uid' ? claimAccount(traits) : undefined,
  );
  return link(tidy(params), traits, context);
}

/**
 * An account's traits, flat, with `domain` from `website` where it is missing. The account is the group itself, so a
 * trait called `account_uid` links nothing: it is a trait like any other.
 */
export function toAccountParams(traits: JsonObject): Params {
  return tidy(buildParams(traits, { domain: findDomain(traits) }));
}

/**
 * An event's properties, flat, with `fields` where these are missing, what the settings take out of the context, and
 * the link to an account. A property called `display_name` never renames the event: it moves.
 */
export function toEventParams(
  properties: JsonObject,
  context: JsonObject,
  fields: Fields,
  contextAttributes: readonly string[],
): Params {
  const params = buildParams(properties, fields, (key) => {
    if (key === 'account_uid') return claimAccount(properties);
    if (key !== 'display_name') return undefined;
    return isBlank(properties[key]) ? 'omit' : 'move';
  });
  if (contextAttributes.length > 0) {
    const add = createAdder(params, true);
    for (const [name, value] of pickContext(context, contextAttributes)) add(name, value);
  }
  return link(params, properties, context);
}

/** The three that Salesmachine's own clients send with a page view. */
export function toVisitFields(properties: JsonObject, { page, ip, userAgent }: JsonObject): Fields {
  return {
    visit_url: toText(properties['url']) ?? (isJsonObject(page) ? toText(page['url']) : undefined),
    visit_ip: toText(ip),
    visit_agent: toText(userAgent),
  };
}

/** `fields` first; a value of the user's own under such a name wins, unless it is null or blank. */
function buildParams(attributes: JsonObject, fields: Fields, claim?: Claim): Params {
  const params: Params = {};
  fillIn(fields, params);
  flatten(attributes, claim, params);
  fillIn(fields, params);
  return params;
}

function fillIn(fields: Fields, params: Params): void {
  for (const name in fields) {
    const text = fields[name];
    if (text !== undefined && isBlank(params[name])) params[name] = text.toWellFormed();
  }
}

/** An own `account_uid` that is no id links nothing: null, blank or a placeholder is left out, a list is kept. */
function claimAccount(attributes: JsonObject): 'move' | 'omit' {
  const own = attributes['account_uid'];
  const isUsed = isBlank(own) || parseId(own) !== undefined;
  return isUsed || (typeof own === 'string' && isPlaceholderId(own)) ? 'omit' : 'move';
}

/** The account: `account_uid` among the attributes, else among `context.traits`, else `context.groupId`. */
function link(params: Params, attributes: JsonObject, { traits, groupId }: JsonObject): Params {
  const accountUid =
    parseId(attributes['account_uid']) ??
    (isJsonObject(traits) ? parseId(traits['account_uid']) : undefined) ??
    parseId(groupId);
  if (accountUid !== undefined) params['account_uid'] = accountUid.toWellFormed();
  return params;
}

/** The reserved names that are numbers, and the name that people read. */
function tidy(params: Params): Params {
  for (const key of ['mrr', 'churn_mrr'])
    if (Object.hasOwn(params, key)) params[key] = parseNumber(params[key]);
  if (typeof params['name'] === 'string') params['name'] = params['name'].trim();
  return params;
}

function toText(value: Json | undefined): string | undefined {
  return typeof value === 'string' && !isBlank(value) ? value : undefined;
}
