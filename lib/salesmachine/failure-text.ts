type Timeouts = { connectTimeoutMs: number; timeoutMs: number };

const texts: Readonly<Record<string, string>> = {
  ABORT_ERR: 'the request was aborted',
  EAI_AGAIN: 'the host name could not be looked up',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection ended before the answer did',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOCREDENTIAL: 'the credential could not be read',
  ENOTFOUND: 'the host name is unknown',
  EPIPE: 'the connection ended before the answer did',
  EUPGRADE: 'the answer was in another protocol',
};

/** A request without an answer, in words that people understand; the code itself where there are none. */
export function describeFailure(code: string, { connectTimeoutMs, timeoutMs }: Timeouts): string {
  if (code === 'ETIMEDOUT') return `no answer within ${formatSeconds(timeoutMs)}`;
  if (code === 'ECONNTIMEOUT') return `no connection within ${formatSeconds(connectTimeoutMs)}`;
  return texts[code] ?? code;
}

const formatSeconds = (ms: number) => `${ms / 1_000} s`;
