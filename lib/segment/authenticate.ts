import { readTokens, type TokenResult, verifyToken } from './credentials.ts';
import type { HttpRequest } from './http-request.ts';
import type { Route } from './route.ts';
import { type SignatureResult, verifySignature } from './signature.ts';

/** What a request is checked against. A kind of which there is none is not configured. */
export type Credentials = {
  sharedSecrets: readonly string[];
  tokens: readonly string[];
  /** Whether they were read since the request came: only then is a credential that we don't know surely not ours. */
  secretsAreCurrent: boolean;
};

export type AuthenticationPolicy = {
  /** Demand a valid signature and a valid token; else either suffices. */
  requireBoth: boolean;
  /** How a signature of no known secret is answered: 401 (Segment discards) or 503 (Segment tries again). */
  onBadSignature: 'reject' | 'retry';
  /** Let everybody in as long as neither secret nor token is configured. */
  allowUnauthenticated: boolean;
};

export type AuthFailure =
  | 'no_credential'
  | 'wrong_credential'
  /** A signature that could be Segment's, and matches no secret that we know. */
  | 'unknown_signature'
  /** One credential is right, the other is not: a sender of ours, in the middle of a change. */
  | 'rotation'
  | 'not_configured';

export type Authentication =
  | { kind: 'ok' }
  /** `message` tells a person what to check: Segment shows it in its Event Delivery view. */
  | { kind: 'refused'; cause: AuthFailure; status: 401 | 503; message: string };

/** A verdict is undefined where its kind is not configured: it does not count, whatever the request presents. */
export type CheckResults = { signature: SignatureResult | undefined; token: TokenResult | undefined };

/** Segment discards what is answered 401 and tries again for hours what is answered 503. */
const failureResponses: Record<AuthFailure, { status: 401 | 503; message: string }> = {
  no_credential: {
    status: 401,
    message: 'The request has no credential: set the shared secret or the token of this relay in its sender.',
  },
  wrong_credential: {
    status: 503,
    message: 'The credential is wrong: check the shared secret or the token that the sender uses.',
  },
  unknown_signature: {
    status: 503,
    message: 'X-Signature matches no shared secret of this relay: check the shared secret in Segment.',
  },
  rotation: {
    status: 503,
    message:
      'Of signature and token one is right, but the other is wrong or missing: check both in the sender.',
  },
  not_configured: {
    status: 503,
    message: 'This relay lacks a shared secret or a token: check its settings.',
  },
};

/**
 * Whether a request may pass. Any refusal but `no_credential` may be about secrets that have changed: read them anew
 * and ask again.
 *
 * @param json the decompressed body, if it could be decompressed
 */
export function authenticate(
  request: HttpRequest,
  json: Buffer | undefined,
  route: Route,
  credentials: Credentials,
  policy: AuthenticationPolicy,
): Authentication {
  const { sharedSecrets, tokens, secretsAreCurrent } = credentials;
  const presentedTokens = () => readTokens(request.headers, route.sdk ? json : undefined);
  const results = {
    signature: sharedSecrets.length > 0 ? verifySignature(request, json, sharedSecrets) : undefined,
    token: tokens.length > 0 ? verifyToken(presentedTokens(), tokens) : undefined,
  };
  return evaluate(results, policy, secretsAreCurrent);
}

/** The answer to what signature and token are worth; `fresh` as in `Credentials`. */
export function evaluate(
  results: CheckResults,
  policy: AuthenticationPolicy,
  secretsAreCurrent: boolean,
): Authentication {
  const cause = findFailure(results, policy);
  if (cause === undefined) return { kind: 'ok' };
  const isDefinitive = secretsAreCurrent && (cause === 'wrong_credential' || policyRejects(cause, policy));
  return { kind: 'refused', cause, ...failureResponses[cause], ...(isDefinitive && { status: 401 }) };
}

const policyRejects = (cause: AuthFailure, { onBadSignature }: AuthenticationPolicy) =>
  cause === 'unknown_signature' && onBadSignature === 'reject';

function findFailure(
  { signature, token }: CheckResults,
  { requireBoth, allowUnauthenticated }: AuthenticationPolicy,
): AuthFailure | undefined {
  const configuredChecks = [signature, token].filter((result) => result !== undefined);
  const minConfigured = requireBoth ? 2 : allowUnauthenticated ? 0 : 1;
  if (configuredChecks.length < minConfigured) return 'not_configured';

  const failedChecks = configuredChecks.filter((result) => result !== 'valid');
  const areAbsent = failedChecks.every((result) => result === 'absent');
  const isOneValid = failedChecks.length < configuredChecks.length;
  if (failedChecks.length === 0) return undefined;
  if (isOneValid) return areAbsent && !requireBoth ? undefined : 'rotation';
  if (signature === 'wrong') return 'unknown_signature';
  return areAbsent ? 'no_credential' : 'wrong_credential';
}
