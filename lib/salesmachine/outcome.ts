import type { ApiResult, SalesmachinePath } from './client.ts';

/**
 * What an answer of Salesmachine means for the operations that were sent.
 *
 * - `delivered`: done
 * - `ambiguous`: the data or the credential is bad, `/v1/ping` tells which
 * - `credential`: nothing can be delivered until the operator fixes the token or the secret
 * - `configuration`: nothing can be delivered until the operator fixes the URL, the plan or this code
 * - `unsupported`: Salesmachine does not know this call
 * - `too_big`: fewer bytes at a time
 * - `rejected`: at least one of the operations is bad
 * - `throttled`: too many requests; says nothing of the operations
 * - `transient`: not applied; try again
 * - `uncertain`: perhaps applied; try again
 */
export type Outcome =
  | 'delivered'
  | 'ambiguous'
  | 'credential'
  | 'configuration'
  | 'unsupported'
  | 'too_big'
  | 'rejected'
  | 'throttled'
  | 'transient'
  | 'uncertain';

const byStatus: Readonly<Record<number, Outcome>> = {
  200: 'delivered',
  201: 'delivered',
  202: 'delivered',
  204: 'delivered',
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
  413: 'too_big',
  415: 'configuration',
  425: 'transient',
  429: 'throttled',
  501: 'configuration',
};

/** Statuses that the table does not name. An unknown one is tried again. */
const byStatusClass: Readonly<Record<number, Outcome>> = {
  3: 'configuration',
  4: 'rejected',
  5: 'transient',
};

/** The alias call is a guess, so its absence says nothing of the API as a whole. */
const aliasByStatus: Readonly<Record<number, Outcome>> = { 404: 'unsupported', 405: 'unsupported' };

const looksLikeHtml = (contentType: string | undefined, body: string) =>
  contentType?.toLowerCase().includes('text/html') || body.trimStart().startsWith('<');

export function toOutcome(path: SalesmachinePath, result: ApiResult): Outcome {
  if (result.kind === 'failure') return result.mayHaveBeenSent ? 'uncertain' : 'transient';
  const outcome =
    (path === '/v1/alias' ? aliasByStatus[result.status] : undefined) ??
    byStatus[result.status] ??
    byStatusClass[Math.floor(result.status / 100)] ??
    'transient';
  // A page instead of an answer: a captive proxy, or a URL that is not the API's.
  const isHtmlPage = outcome === 'delivered' && looksLikeHtml(result.headers['content-type'], result.body);
  return isHtmlPage ? 'configuration' : outcome;
}
