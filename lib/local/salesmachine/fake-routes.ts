import * as v from 'valibot';
import type { Params } from '../../salesmachine/operation.ts';
import { json, type Reply, type Route, readJson } from '../http-server.ts';
import type { FakeCrm } from './fake-crm.ts';
import { type FaultySalesmachine, faultSchema } from './fake-faults.ts';
import { type FakeSalesmachine, listContactAccounts } from './fake-salesmachine.ts';

const MAX_BODY_BYTES = 10_000;

const rejectSchema = v.object({ attribute: v.pipe(v.string(), v.nonEmpty()) });

/** One fault, or a list of them. */
const faultsSchema = v.pipe(
  v.unknown(),
  v.transform((body) => (Array.isArray(body) ? body : [body])),
  v.array(faultSchema),
);

/** To look at the fake, and to give it faults, so that there is trouble to practise with. */
export function createFakeRoutes(
  fake: FakeSalesmachine,
  faulty: Pick<FaultySalesmachine, 'faults' | 'setFaults'>,
): Record<string, Route> {
  const others = () => faulty.faults().filter(({ fault }) => fault !== 'reject');

  return {
    'GET /local/salesmachine': async () => streamState(fake),

    'GET /local/salesmachine/faults': async () => json(200, { faults: faulty.faults() }),
    'POST /local/salesmachine/faults': async (request) => {
      const result = v.safeParse(faultsSchema, await readJson(request, MAX_BODY_BYTES));
      if (!result.success) return json(400, { message: describeIssues(result.issues) });
      faulty.setFaults(result.output);
      return json(200, { faults: faulty.faults() });
    },
    'DELETE /local/salesmachine/faults': async () => {
      faulty.setFaults([]);
      return json(200, { faults: [] });
    },

    'POST /local/salesmachine/reject': async (request) => {
      const result = v.safeParse(rejectSchema, await readJson(request, MAX_BODY_BYTES));
      if (!result.success) return json(400, { message: 'The body must be {"attribute":"NAME"}.' });
      const { attribute } = result.output;
      faulty.setFaults([...faulty.faults(), { fault: 'reject', attribute }]);
      return json(200, { rejected: attribute });
    },
    'DELETE /local/salesmachine/reject': async () => {
      faulty.setFaults(others());
      return json(200, { rejected: null });
    },
  };
}

const EXAMPLE =
  'The body must be a fault such as {"fault":"status","status":500,"on":"batch","share":0.5}, or a list of faults';

function describeIssues([issue]: [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
  // The first key is the place in the list.
  const field = (issue.path ?? [])
    .slice(1)
    .map(({ key }) => key)
    .join('.');
  return field === '' ? `${EXAMPLE}.` : `${EXAMPLE}: ${describeField(field, issue)}.`;
}

function describeField(field: string, { expected, received, message }: v.BaseIssue<unknown>): string {
  if (expected === 'never') return `this fault has no option ${field}`;
  if (received === 'undefined') return `${field} is missing`;
  return expected === null ? `${field}: ${message}` : `${field} must be ${expected}, not ${received}`;
}

/** The state as one JSON object, written piece by piece: a million operations must not stand in memory at once. */
function streamState(fake: FakeSalesmachine): Reply {
  const { crm } = fake;
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: (async function* () {
      yield '{"contacts":{';
      yield* members(listParams(crm.contacts));
      yield '},"accounts":{';
      yield* members(listParams(crm.accounts));
      yield '},"contactAccounts":{';
      yield* members(listContactAccounts(crm));
      yield '},"events":[';
      yield* elements(fake, (method) => method === 'event');
      yield '],"aliases":[';
      yield* elements(fake, (method) => method === 'alias');
      yield '],"operations":[';
      yield* elements(fake, () => true);
      yield ']}\n';
    })(),
  };
}

const MEMBERS_PER_PIECE = 1_000;

function* members(entries: Iterable<readonly [string, unknown]>): Generator<string> {
  let separator = '';
  let piece: string[] = [];
  const take = () => {
    const text = separator + piece.join();
    separator = ',';
    piece = [];
    return text;
  };
  for (const [name, value] of entries) {
    piece.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
    if (piece.length === MEMBERS_PER_PIECE) yield take();
  }
  if (piece.length > 0) yield take();
}

function* listParams(objects: FakeCrm['accounts']): Generator<[string, Params]> {
  for (const [uid, { params }] of objects.entries()) yield [uid, params];
}

function* elements({ crm }: FakeSalesmachine, isWanted: (method: string) => boolean): Generator<string> {
  let separator = '';
  for (const chunk of crm.operations.chunks()) {
    const wanted = chunk.filter(({ method }) => isWanted(method));
    if (wanted.length === 0) continue;
    yield separator + wanted.map((operation) => JSON.stringify(operation)).join();
    separator = ',';
  }
}
