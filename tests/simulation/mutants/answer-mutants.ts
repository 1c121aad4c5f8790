import { type Mutant, wrapRelay } from './mutant.ts';
import { onApiResult, onStatus } from './wrappers.ts';

/** Bugs in what an answer of Salesmachine means. */
export const answerMutants: readonly Mutant[] = [
  wrapRelay(
    '429 counts as a failure of the request',
    'quota-halved',
    onStatus(429, { status: 503, headers: {} }),
  ),
  wrapRelay('a rejected credential makes dead letters', 'mixed', onStatus(401, { status: 422 })),
  wrapRelay('a wrong URL makes dead letters', 'mixed', onStatus(404, { status: 422 })),
  wrapRelay(
    'a page that is no answer counts as delivered',
    'mixed',
    onApiResult((result) =>
      result.kind === 'response' && result.headers['content-type'] === 'text/html'
        ? { ...result, headers: { 'content-type': 'application/json' }, body: '' }
        : result,
    ),
  ),
  wrapRelay(
    'a request whose answer was lost counts as delivered',
    'mixed',
    onApiResult((result) =>
      result.kind === 'failure' && result.mayHaveBeenSent
        ? { kind: 'response', status: 201, headers: {}, body: '' }
        : result,
    ),
  ),
  wrapRelay(
    'a 400 is taken for the data without asking for the credential',
    'mixed',
    onApiResult((result, path) =>
      path === '/v1/ping' ? { kind: 'response', status: 200, headers: {}, body: '' } : result,
    ),
  ),
  wrapRelay('most lanes ignore the moment that a 429 names', 'others-fixed-window', (relay) => ({
    ...relay,
    createWorker: (ports) => {
      const isIgnorant = ports.random() < 0.9;
      return (isIgnorant ? onStatus(429, { headers: {} })(relay) : relay).createWorker(ports);
    },
  })),
];
