import { expect, test } from '@jest/globals';
import { diagnosePing, hasPassed, type Ping } from '../../../lib/cli/diagnose-ping.ts';

const ping = (changes: Partial<Ping>): Ping => ({
  outcome: 'transient',
  status: null,
  failure: null,
  text: null,
  limit: null,
  remaining: null,
  resetsInSeconds: null,
  ...changes,
});

test.each<[string, Partial<Ping>, RegExp, RegExp]>([
  ['401', { outcome: 'credential', status: 401 }, /rejects the credential \(401\)/, /SALESMACHINE_API_TOKEN/],
  [
    '403 of the API',
    { outcome: 'credential', status: 403 },
    /rejects the credential \(403\)/,
    /SALESMACHINE_API_TOKEN/,
  ],
  [
    '422, for a ping has no data',
    { outcome: 'credential', status: 422 },
    /rejects the credential \(422\)/,
    /SALESMACHINE_API_TOKEN/,
  ],
  [
    '400, for a ping has no data',
    { outcome: 'credential', status: 400 },
    /rejects the credential \(400\)/,
    /SALESMACHINE_API_TOKEN/,
  ],
  ['402', { status: 402 }, /plan does not include the API/, /plan or the invoice/],
  [
    '403 of a firewall',
    { status: 403, text: 'Salesmachine answered 403: an HTML page' },
    /an HTML page answers \(403\)/,
    /firewall or proxy/,
  ],
  [
    '404 of a firewall',
    { status: 404, text: 'Salesmachine answered 404: an HTML page' },
    /an HTML page answers \(404\)/,
    /SALESMACHINE_URL/,
  ],
  ['404', { status: 404 }, /does not know the address \(404\)/, /SALESMACHINE_URL/],
  ['429', { status: 429 }, /quota of Salesmachine is used up/, /RATE_LIMIT_SHARE/],
  [
    '502 with a page',
    { status: 502, text: 'Salesmachine answered 502: an HTML page' },
    /Salesmachine answers 502$/,
    /delivery resumes by itself/,
  ],
  ['500', { status: 500 }, /Salesmachine answers 500/, /delivery resumes by itself/],
  ['no answer', { failure: 'no answer within 10 s' }, /no answer within 10 s/, /delivery resumes by itself/],
])('a ping that is answered %s says what is wrong and what to do', (_, changes, problem, advice) => {
  expect(hasPassed(ping(changes))).toBe(false);
  const diagnosis = diagnosePing(ping(changes));
  expect(diagnosis.problem).toMatch(problem);
  expect(diagnosis.advice).toMatch(advice);
});

test('a ping that is delivered has passed', () => {
  expect(hasPassed(ping({ outcome: 'delivered', status: 201 }))).toBe(true);
});
