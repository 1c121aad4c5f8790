import { expect, test } from '@jest/globals';
import { describeFailure } from '../../../lib/salesmachine/failure-text.ts';

test.each([
  ['ETIMEDOUT', 'no answer within 10 s'],
  ['ECONNTIMEOUT', 'no connection within 2.5 s'],
  ['ABORT_ERR', 'the request was aborted'],
  ['EAI_AGAIN', 'the host name could not be looked up'],
  ['ECONNREFUSED', 'the connection was refused'],
  ['ECONNRESET', 'the connection ended before the answer did'],
  ['EHOSTUNREACH', 'the host cannot be reached'],
  ['ENETUNREACH', 'the network cannot be reached'],
  ['ENOCREDENTIAL', 'the credential could not be read'],
  ['ENOTFOUND', 'the host name is unknown'],
  ['EPIPE', 'the connection ended before the answer did'],
  ['EUPGRADE', 'the answer was in another protocol'],
  ['ESOMETHING', 'ESOMETHING'],
])('%s is told as: %s', (code, text) => {
  expect(describeFailure(code, { connectTimeoutMs: 2_500, timeoutMs: 10_000 })).toBe(text);
});
