import { sign } from '../segment/signature.ts';
import type { LocalConfig } from './local-config.ts';

/**
 * The command that sends a body to the relay. A generated token can be shown; of a configured secret only a signature,
 * and of a configured token nothing.
 */
export function formatCurl(config: LocalConfig, url: string, body: string): string {
  const headers = ['Content-Type: application/json', ...credentialHeaders(config, body)];
  const options = headers.map((header) => `-H ${quote(header)}`);
  return ['curl -s', url, ...options, `-d ${quote(body)}`].join(' ');
}

/** For a POSIX shell. */
const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function credentialHeaders({ ingest, generated }: LocalConfig, body: string): string[] {
  if (generated['INGEST_TOKENS']) return [`Authorization: Bearer ${generated['INGEST_TOKENS']}`];
  const { sharedSecrets, tokens } = ingest.credentials;
  const [sharedSecret] = sharedSecrets;
  const needsToken = tokens.length > 0 && (sharedSecret === undefined || ingest.policy.requireBoth);
  return [
    ...(sharedSecret === undefined ? [] : [`X-Signature: ${sign(body, sharedSecret)}`]),
    ...(needsToken ? ['Authorization: Bearer <one of INGEST_TOKENS>'] : []),
  ];
}
