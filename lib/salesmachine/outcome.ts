import { parseObjectOrEmpty } from '../runtime/json.ts';
import type { ApiResult, SalesmachinePath } from './client.ts';
import { isHtmlPage } from './html-page.ts';

/**
 * What an answer of Salesmachine is called. It names a cause for people; what follows from it is in the table of
 * `delivery/reactions.ts`.
 *
 * - `delivered`: done
 * - `throttled`: too many requests; says nothing of the operations
 * - `ambiguous`: the data or the credential is bad, and `/v1/ping` tells which
 * - `rejected`: the data is bad
 * - `too_large`: too many bytes
 * - `alias_unsupported`: Salesmachine does not know the alias call
 * - `credential`: the token or the secret is wrong
 * - `configuration`: the URL, the plan or this code is wrong
 * - `conflict`: refused for now, or for a reason that is not documented
 * - `transient`: the server or the network failed, and nothing was applied
 * - `possibly_applied`: no answer came, so that the request may have been applied
 */
export const OUTCOMES = [
  'delivered',
  'throttled',
  'ambiguous',
  'rejected',
  'too_large',
  'alias_unsupported',
  'credential',
  'configuration',
  'conflict',
  'transient',
  'possibly_applied',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

const byStatus: Readonly<Record<number, Outcome>> = {
  400: 'ambiguous',
  401: 'credential',
  402: 'configuration',
  403: 'credential',
  404: 'configuration',
  405: 'configuration',
  406: 'configuration',
  407: 'credential',
  408: 'transient',
  410: 'configuration',
  413: 'too_large',
  415: 'configuration',
  422: 'rejected',
  429: 'throttled',
  501: 'configuration',
};

/** Statuses that the table does not name. A status of no class counts as a failure of the server. */
const byStatusClass: Readonly<Record<number, Outcome>> = {
  2: 'delivered',
  3: 'configuration',
  4: 'conflict',
};

/** The alias call is a guess, so its absence says nothing of the API as a whole. */
const aliasByStatus: Readonly<Record<number, Outcome>> = {
  404: 'alias_unsupported',
  405: 'alias_unsupported',
};

/** The outcome of a batch or of an alias call; `toPingOutcome` is for a ping. */
export function toOutcome(path: SalesmachinePath, result: ApiResult): Outcome {
  if (result.kind === 'failure') return result.mayHaveBeenSent ? 'possibly_applied' : 'transient';
  const outcome =
    (path === '/v1/alias' ? aliasByStatus[result.status] : undefined) ??
    byStatus[result.status] ??
    byStatusClass[Math.floor(result.status / 100)] ??
    'transient';
  // A page says nothing of the credential, and delivers nothing.
  const meansTheApi = outcome === 'delivered' || outcome === 'credential';
  return meansTheApi && isHtmlPage(result.headers['content-type'], result.body) ? 'configuration' : outcome;
}

const USUAL_SUCCESSES = [200, 201, 202, 204];

/** What is unusual about a success: its status is not documented, or its body has an `error`. */
export function describeUnusualSuccess(result: ApiResult): string | undefined {
  if (result.kind === 'failure') return undefined;
  if (!USUAL_SUCCESSES.includes(result.status)) return 'a success with a status that is not documented';
  return hasError(result.body) ? 'a success whose body has an error' : undefined;
}

function hasError(body: string): boolean {
  const { error = null } = parseObjectOrEmpty(body);
  return error !== null;
}
