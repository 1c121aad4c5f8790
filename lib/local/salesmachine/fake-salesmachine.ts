import type { AliasOperation, EventOperation, Operation, Params } from '../../salesmachine/operation.ts';
import { createFakeCrm, type FakeCrm } from './fake-crm.ts';
import { createQuota, type Limit, type Quota } from './fake-quota.ts';
import { findProblem, isOperation } from './fake-rules.ts';

export type FakeRequest = {
  method: string;
  path: string;
  /** By lower-case name. */
  headers: Record<string, string | undefined>;
  body: string;
};

export type FakeResponse = { status: number; headers: Record<string, string>; body: string };

/** What the fake holds: what a user of Salesmachine would see, and every item as it came, in order of arrival. */
export type FakeSalesmachineState = {
  contacts: Record<string, Params>;
  accounts: Record<string, Params>;
  /** The accounts that each contact is linked to; a contact without any is left out. */
  contactAccounts: Record<string, readonly string[]>;
  events: EventOperation[];
  aliases: AliasOperation[];
  operations: Operation[];
};

export type FakeSalesmachine = {
  handle(request: FakeRequest): FakeResponse;
  /** All of it at once: of a long run, read `crm` instead. */
  state(): FakeSalesmachineState;
  crm: FakeCrm;
  quota: Quota;
  /** From now on rejects whatever has this attribute among its params, as an app does that wants another type. */
  reject(attribute: string): void;
  /** Rejects no attribute any more. */
  acceptAll(): void;
};

export type FakeSalesmachineOptions = {
  credential: { token: string; secret: string };
  limit: Limit;
  /** Milliseconds since the epoch. */
  now: () => number;
};

/** What Salesmachine's own clients keep to; the documents name no other limit. */
const MAX_ITEMS = 100;

/** The calls, and the method of the one item that a call carries; `POST /v1/batch` carries items with their methods. */
const calls: Record<string, 'ping' | 'batch' | Operation['method']> = {
  '/v1/ping': 'ping',
  '/v1/batch': 'batch',
  '/v1/contact': 'contact',
  '/v1/account': 'account',
  '/v1/track/event': 'event',
  '/v1/alias': 'alias',
};

/**
 * A fake of Salesmachine's Tracking API, as strict as its documents allow: every field is checked, a request is applied
 * as a whole or not at all, and the quota is enforced. The alias call is a guess, as it is in the relay.
 */
export function createFakeSalesmachine({
  credential,
  limit,
  now,
}: FakeSalesmachineOptions): FakeSalesmachine {
  const authorization = `Basic ${Buffer.from(`${credential.token}:${credential.secret}`).toString('base64')}`;
  const quota = createQuota(limit, now);
  const crm = createFakeCrm();
  const rejectedAttributes = new Set<string>();

  function handle({ method, path, headers, body }: FakeRequest): FakeResponse {
    const call = Object.hasOwn(calls, path) ? calls[path] : undefined;
    if (call === undefined) return errorResponse(404, 'There is no such call.');
    if (method !== 'POST') return errorResponse(405, 'Only POST is allowed.');
    if (headers['authorization'] !== authorization)
      return errorResponse(401, 'The API key is wrong or missing.');

    const { exceeded, headers: quotaHeaders } = quota.take();
    const response = exceeded
      ? errorResponse(429, 'The rate limit is exceeded.')
      : serve(call, headers, body);
    return { ...response, headers: { ...response.headers, ...quotaHeaders } };
  }

  function serve(call: string, headers: FakeRequest['headers'], body: string): FakeResponse {
    if (!acceptsJson(headers)) return errorResponse(406, 'Only application/json is understood and given.');
    if (call === 'ping') return success;

    const operations = parseOperations(call, body);
    if (typeof operations === 'string') return errorResponse(400, operations);
    const rejection = findRejection(operations, rejectedAttributes);
    if (rejection !== undefined) return errorResponse(400, rejection);
    for (const operation of operations) crm.apply(operation);
    return success;
  }

  return {
    handle,
    state: () => readState(crm),
    crm,
    quota,
    reject: (attribute) => rejectedAttributes.add(attribute),
    acceptAll: () => rejectedAttributes.clear(),
  };
}

/** The operations of a request, or what is wrong with it. */
function parseOperations(call: string, body: string): Operation[] | string {
  const items = parseItems(call, body);
  if (items === undefined) return 'The body must be JSON, and an array for a batch.';
  if (items.length === 0) return 'The batch is empty.';
  if (items.length > MAX_ITEMS) return `A batch may hold ${MAX_ITEMS} items at most.`;
  return items.every(isOperation) ? items : findFirstProblem(items);
}

function readState(crm: FakeCrm): FakeSalesmachineState {
  const operations = [...crm.operations.chunks()].flat();
  return {
    contacts: toParamsByUid(crm.contacts),
    accounts: toParamsByUid(crm.accounts),
    contactAccounts: Object.fromEntries(listContactAccounts(crm)),
    events: operations.filter((operation) => operation.method === 'event'),
    aliases: operations.filter((operation) => operation.method === 'alias'),
    operations,
  };
}

const toParamsByUid = (objects: FakeCrm['accounts']) =>
  Object.fromEntries([...objects.entries()].map(([uid, { params }]) => [uid, params]));

/** Each contact that belongs to accounts, with their ids. */
export function* listContactAccounts(crm: FakeCrm): Generator<[string, readonly string[]]> {
  for (const [uid, { accounts }] of crm.contacts.entries()) if (accounts.length > 0) yield [uid, accounts];
}

const jsonResponse = (status: number, value: unknown): FakeResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

const success = jsonResponse(201, { status: 'success' });

/** An answer that says no. */
export const errorResponse = (code: number, message: string): FakeResponse =>
  jsonResponse(code, { code, message });

const JSON_TYPE = 'application/json';

function acceptsJson(headers: FakeRequest['headers']): boolean {
  const accept = headers['accept'] ?? '*/*';
  const acceptsJsonResponse = accept.includes(JSON_TYPE) || accept.includes('*/*');
  return acceptsJsonResponse && headers['content-type']?.startsWith(JSON_TYPE) === true;
}

/** The items of a call; a single call's item gets its method from the path. */
function parseItems(call: string, body: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (call === 'batch') return Array.isArray(value) ? value : undefined;
    const isItem = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isItem ? [{ ...value, method: call }] : [value];
  } catch {
    return undefined;
  }
}

function findFirstProblem(items: readonly unknown[]): string {
  const index = items.findIndex((item) => !isOperation(item));
  return `Item ${index}: ${findProblem(items[index])}.`;
}

function findRejection(
  items: readonly Operation[],
  rejectedAttributes: ReadonlySet<string>,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const names = 'params' in item ? Object.keys(item.params) : [];
    const name = names.find((key) => rejectedAttributes.has(key));
    if (name !== undefined) return `Item ${index}: the attribute ${name} is refused.`;
  }
  return undefined;
}
