import { readTokens, type TokenResult, verifyToken } from './credentials.ts';
import type { HttpRequest } from './http-request.ts';
import type { Route } from './route.ts';
import { readSignatures, type SignatureResult, verifySignature } from './signature.ts';

/** What a request is checked against. */
export type Credentials = { sharedSecrets: readonly string[]; tokens: readonly string[] };

export type AuthenticationPolicy = {
  /** Demand a valid signature and a valid token; else either suffices. */
  requireBoth: boolean;
  /** How a signature of no known secret is answered: 401 (Segment discards) or 503 (Segment tries again). */
  onBadSignature: 'reject' | 'retry';
  /** Let every request pass as long as neither secret nor token is configured. */
  allowUnauthenticated: boolean;
};

/** Why a request may not pass. */
export const AUTH_FAILURES = [
  'no_credential',
  'wrong_credential',
  /** A signature that could be Segment's, and matches no secret that we know. */
  'unknown_signature',
  /** One credential is right, the other is not: a sender of ours, in the middle of a change. */
  'rotation',
  'not_configured',
] as const;

export type AuthFailure = (typeof AUTH_FAILURES)[number];

export type Authentication =
  /** `credential` says which one was right: `signature 1` is of the first shared secret. */
  | { kind: 'ok'; credential?: string }
  /** `message` tells a person what to check: Segment shows it in its Event Delivery view. */
  | { kind: 'refused'; cause: AuthFailure; status: 401 | 503; message: string };

/** What signature and token are worth: undefined where the kind is not configured, whatever the request presents. */
export type CheckResults = {
  signature: SignatureResult['kind'] | undefined;
  token: TokenResult['kind'] | undefined;
  /** Whether a credential is presented of a kind that is not configured: its first value may have just been added. */
  presentsUnconfigured?: boolean;
  /** Which ones are valid, by kind and number: `signature 1`. */
  credential?: string;
};

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

/** What a request presents to show that it may pass. */
export type PresentedCredentials = { signatures: readonly string[]; tokens: readonly string[] };

/** @param json the decompressed body, if it could be decompressed */
export function readCredentials(
  { headers }: HttpRequest,
  json: Buffer | undefined,
  route: Route,
): PresentedCredentials {
  return { signatures: readSignatures(headers), tokens: readTokens(headers, route.sdk ? json : undefined) };
}

/**
 * Checks what a request presents against what is configured. A kind of which there is none is not configured.
 *
 * @param json the decompressed body, if it could be decompressed
 */
export function checkCredentials(
  presented: PresentedCredentials,
  { body }: HttpRequest,
  json: Buffer | undefined,
  { sharedSecrets, tokens }: Credentials,
): CheckResults {
  const signature =
    sharedSecrets.length > 0 ? verifySignature(presented.signatures, body, json, sharedSecrets) : undefined;
  const token = tokens.length > 0 ? verifyToken(presented.tokens, tokens) : undefined;
  const presentsUnconfigured =
    (!signature && presented.signatures.length > 0) || (!token && presented.tokens.length > 0);
  const valid = [
    ...(signature?.kind === 'valid' ? [`signature ${signature.number}`] : []),
    ...(token?.kind === 'valid' ? [`token ${token.number}`] : []),
  ];
  return {
    signature: signature?.kind,
    token: token?.kind,
    presentsUnconfigured,
    credential: valid.join(', '),
  };
}

/**
 * The answer to what signature and token are worth. Any refusal but `no_credential` may be about secrets that have
 * changed: read them again, check again, and ask again.
 *
 * @param secretsAreCurrent whether the secrets were read since the request came: only then is a credential that we
 * don't know surely not ours
 */
export function evaluate(
  results: CheckResults,
  policy: AuthenticationPolicy,
  secretsAreCurrent: boolean,
): Authentication {
  const cause = findFailure(results, policy);
  if (cause === undefined) {
    const { credential } = results;
    return credential ? { kind: 'ok', credential } : { kind: 'ok' };
  }
  const isDefinitive = secretsAreCurrent && (cause === 'wrong_credential' || policyRejects(cause, policy));
  return { kind: 'refused', cause, ...failureResponses[cause], ...(isDefinitive && { status: 401 }) };
}

const policyRejects = (cause: AuthFailure, { onBadSignature }: AuthenticationPolicy) =>
  cause === 'unknown_signature' && onBadSignature === 'reject';

function findFailure(
  { signature, token, presentsUnconfigured = false }: CheckResults,
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
  return areAbsent && !presentsUnconfigured ? 'no_credential' : 'wrong_credential';
}
