import { describe, expect, test } from '@jest/globals';
import {
  type AuthenticationPolicy,
  type CheckResults,
  checkCredentials,
  evaluate,
  readCredentials,
} from '../../../lib/segment/authenticate.ts';
import { matchRoute } from '../../../lib/segment/route.ts';
import { sign } from '../../../lib/segment/signature.ts';

const policy: AuthenticationPolicy = {
  requireBoth: false,
  onBadSignature: 'reject',
  allowUnauthenticated: false,
};

/** `ok`, or status and cause. */
function decision(results: CheckResults, changes: Partial<AuthenticationPolicy> = {}, fresh = true): string {
  const result = evaluate(results, { ...policy, ...changes }, fresh);
  return result.kind === 'ok' ? 'ok' : `${result.status} ${result.cause}`;
}

describe('with both kinds configured', () => {
  test.each<[CheckResults['signature'], CheckResults['token'], string, string]>([
    // signature, token, either suffices, both demanded
    ['valid', 'valid', 'ok', 'ok'],
    ['valid', 'absent', 'ok', '503 rotation'],
    ['valid', 'wrong', '503 rotation', '503 rotation'],
    ['absent', 'valid', 'ok', '503 rotation'],
    ['wrong', 'valid', '503 rotation', '503 rotation'],
    ['malformed', 'valid', '503 rotation', '503 rotation'],
    ['absent', 'absent', '401 no_credential', '401 no_credential'],
    ['absent', 'wrong', '401 wrong_credential', '401 wrong_credential'],
    ['malformed', 'absent', '401 wrong_credential', '401 wrong_credential'],
    ['malformed', 'wrong', '401 wrong_credential', '401 wrong_credential'],
    ['wrong', 'absent', '401 unknown_signature', '401 unknown_signature'],
    ['wrong', 'wrong', '401 unknown_signature', '401 unknown_signature'],
  ])('signature %s and token %s: %s, or if both are demanded %s', (signature, token, either, both) => {
    expect(decision({ signature, token })).toBe(either);
    expect(decision({ signature, token }, { requireBoth: true })).toBe(both);
    expect(decision({ signature, token }, { allowUnauthenticated: true })).toBe(either);
  });
});

describe('a kind that is not configured does not count', () => {
  test.each<[CheckResults['signature'], CheckResults['token'], string]>([
    ['valid', undefined, 'ok'],
    ['absent', undefined, '401 no_credential'],
    ['malformed', undefined, '401 wrong_credential'],
    ['wrong', undefined, '401 unknown_signature'],
    [undefined, 'valid', 'ok'],
    [undefined, 'absent', '401 no_credential'],
    [undefined, 'wrong', '401 wrong_credential'],
  ])('signature %s and token %s: %s', (signature, token, expected) => {
    expect(decision({ signature, token })).toBe(expected);
    expect(decision({ signature, token }, { allowUnauthenticated: true })).toBe(expected);
  });

  test('and with none, only a relay that is open lets requests in', () => {
    expect(decision({ signature: undefined, token: undefined })).toBe('503 not_configured');
    expect(decision({ signature: undefined, token: undefined }, { allowUnauthenticated: true })).toBe('ok');
  });

  test('and with one, demanding both lets no request in', () => {
    expect(decision({ signature: 'valid', token: undefined }, { requireBoth: true })).toBe(
      '503 not_configured',
    );
    expect(
      decision({ signature: undefined, token: 'valid' }, { requireBoth: true, allowUnauthenticated: true }),
    ).toBe('503 not_configured');
  });
});

describe('a credential of a kind that is not configured, which may be the first of its kind', () => {
  const first = { presentsUnconfigured: true };

  test.each<[CheckResults['signature'], CheckResults['token']]>([
    ['absent', undefined],
    [undefined, 'absent'],
  ])(
    'is answered 503 until the secrets were read since the request came: signature %s, token %s',
    (signature, token) => {
      expect(decision({ signature, token, ...first }, {}, false)).toBe('503 wrong_credential');
      expect(decision({ signature, token, ...first }, {}, true)).toBe('401 wrong_credential');
    },
  );

  test('does not matter beside a valid one', () => {
    expect(decision({ signature: 'valid', token: undefined, ...first }, {}, false)).toBe('ok');
    expect(decision({ signature: undefined, token: 'valid', ...first }, {}, false)).toBe('ok');
  });
});

describe('a signature of no known secret', () => {
  const wrong: CheckResults = { signature: 'wrong', token: 'absent' };

  test('is answered 503 until the secrets were read since the request came', () => {
    expect(decision(wrong, {}, false)).toBe('503 unknown_signature');
    expect(decision(wrong, {}, true)).toBe('401 unknown_signature');
  });

  test('is always answered 503 if it is to be retried', () => {
    expect(decision(wrong, { onBadSignature: 'retry' }, false)).toBe('503 unknown_signature');
    expect(decision(wrong, { onBadSignature: 'retry' }, true)).toBe('503 unknown_signature');
  });

  test('changes nothing for the other refusals, which wait for fresh credentials, too', () => {
    for (const onBadSignature of ['reject', 'retry'] as const) {
      for (const fresh of [true, false]) {
        const changes = { onBadSignature };
        expect(decision({ signature: 'malformed', token: 'absent' }, changes, fresh)).toBe(
          fresh ? '401 wrong_credential' : '503 wrong_credential',
        );
        expect(decision({ signature: 'absent', token: 'absent' }, changes, fresh)).toBe('401 no_credential');
        expect(decision({ signature: 'wrong', token: 'valid' }, changes, fresh)).toBe('503 rotation');
      }
    }
  });
});

describe('a request', () => {
  const sharedSecrets = ['s-old', 's-new'];
  const tokens = ['t-1', 't-2'];

  type Sent = { path?: string; body?: string; headers?: Record<string, string> };
  function ask(
    { path = '/segment', body = '{"type":"page"}', headers = {} }: Sent,
    configured = { sharedSecrets, tokens },
  ) {
    const match = matchRoute('POST', path);
    if (match.kind !== 'route') throw new Error(`no route at ${path}`);
    const json = Buffer.from(body);
    const request = { method: 'POST', path, headers, body: json };
    const presented = readCredentials(request, json, match.route);
    return evaluate(checkCredentials(presented, request, json, configured), policy, true);
  }
  const signHeader = (body: string, secret: string) => ({ 'x-signature': sign(body, secret) });
  const body = '{"type":"page"}';

  test('passes with a signature of any secret, or with any token', () => {
    for (const [index, secret] of sharedSecrets.entries()) {
      const credential = `signature ${index + 1}`;
      expect(ask({ body, headers: signHeader(body, secret) })).toEqual({ kind: 'ok', credential });
    }
    for (const [index, token] of tokens.entries()) {
      const credential = `token ${index + 1}`;
      expect(ask({ headers: { authorization: `Bearer ${token}` } })).toEqual({ kind: 'ok', credential });
    }
    const both = { ...signHeader(body, 's-old'), authorization: 'Bearer t-2' };
    expect(ask({ body, headers: both })).toEqual({ kind: 'ok', credential: 'signature 1, token 2' });
  });

  test('passes with a write key only at the paths of the SDKs', () => {
    const batch = '{"batch":[],"writeKey":"t-2"}';
    expect(ask({ path: '/v1/batch', body: batch })).toEqual({ kind: 'ok', credential: 'token 2' });
    expect(ask({ path: '/segment', body: batch })).toMatchObject({ kind: 'refused', status: 401 });
  });

  test('passes with a signature beside a write key that no token is configured for', () => {
    const track = '{"userId":"u1","event":"E","writeKey":"w"}';
    const sent = { path: '/v1/track', body: track, headers: signHeader(track, 's-new') };
    expect(ask(sent, { sharedSecrets, tokens: [] })).toEqual({ kind: 'ok', credential: 'signature 2' });
    expect(ask(sent)).toMatchObject({ status: 503, cause: 'rotation' });
  });

  test('with a credential of a kind that is not configured is told apart from one without any', () => {
    const authorization = 'Bearer t-1';
    const signature = signHeader(body, 's-old');
    const noTokens = { sharedSecrets, tokens: [] };
    const noSecrets = { sharedSecrets: [], tokens };
    expect(ask({ headers: { authorization } }, noTokens)).toMatchObject({ cause: 'wrong_credential' });
    expect(ask({ body, headers: signature }, noSecrets)).toMatchObject({ cause: 'wrong_credential' });
    expect(ask({}, noTokens)).toMatchObject({ cause: 'no_credential' });
    expect(ask({}, noSecrets)).toMatchObject({ cause: 'no_credential' });
    expect(ask({ body, headers: { ...signature, authorization } }, noSecrets)).toMatchObject({ kind: 'ok' });
    expect(ask({ body, headers: { ...signature, authorization } }, noTokens)).toMatchObject({ kind: 'ok' });
  });

  test('is refused with words that help, and that give nothing away', () => {
    const authorization = 'Bearer t-wrong';
    const failures = [
      ask({}),
      ask({ headers: { authorization } }),
      ask({ body, headers: signHeader(body, 's-wrong') }),
      ask({ body, headers: { ...signHeader(body, 's-new'), authorization } }),
    ];
    const words = ['has no credential', 'credential is wrong', 'matches no shared secret', 'one is right'];
    for (const [index, word] of words.entries()) {
      expect(failures[index]).toMatchObject({ kind: 'refused', message: expect.stringContaining(word) });
    }
    expect(JSON.stringify(failures)).not.toMatch(/s-old|s-new|t-1|t-2|t-wrong/);
  });
});
