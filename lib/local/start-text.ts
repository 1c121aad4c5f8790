import { sign } from '../segment/signature.ts';
import type { LocalConfig } from './local-config.ts';

const EXAMPLE = JSON.stringify({
  type: 'track',
  userId: 'user-1',
  event: 'Order Completed',
  properties: { revenue: 9.5 },
});

/** What a first-time user needs: where to send and with which credential, and where to look. */
export function formatStartText(config: LocalConfig, urls: { relay: string; salesmachine: string }): string {
  const { generated, fakeSalesmachine } = config;
  const rows: [string, string | undefined][] = [
    ['webhook', `${urls.relay}/segment`],
    ['shared secret', generated['SEGMENT_SHARED_SECRETS']],
    ['token', generated['INGEST_TOKENS']],
    ['Salesmachine', fakeSalesmachine ? `${urls.salesmachine} (a stand-in, in memory)` : urls.salesmachine],
    ['API token', generated['SALESMACHINE_API_TOKEN']],
    ['API secret', generated['SALESMACHINE_API_SECRET']],
    ['counters', `${urls.relay}/local/state`],
    ['what arrived', fakeSalesmachine && `${urls.relay}/local/salesmachine`],
  ];
  const table = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name.padEnd(15)}${value}`],
  );
  const headers = ['Content-Type: application/json', ...credentialHeaders(config)];
  const curl = [
    'curl -s',
    `${urls.relay}/segment`,
    ...headers.map((header) => `-H '${header}'`),
    `-d '${EXAMPLE}'`,
  ];
  return ['The whole relay, in memory:', ...table, '', 'Try it:', `  ${curl.join(' ')}`, '', ''].join('\n');
}

/** A made-up token can be shown; of a configured secret only a signature, and of a configured token nothing. */
function credentialHeaders({ ingest, generated }: LocalConfig): string[] {
  if (generated['INGEST_TOKENS']) return [`Authorization: Bearer ${generated['INGEST_TOKENS']}`];
  const { sharedSecrets, tokens } = ingest.credentials;
  const [sharedSecret] = sharedSecrets;
  const needsToken = tokens.length > 0 && (sharedSecret === undefined || ingest.policy.requireBoth);
  return [
    ...(sharedSecret === undefined ? [] : [`X-Signature: ${sign(EXAMPLE, sharedSecret)}`]),
    ...(needsToken ? ['Authorization: Bearer <one of INGEST_TOKENS>'] : []),
  ];
}
