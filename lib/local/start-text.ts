import { formatCurl } from './curl.ts';
import type { LocalConfig } from './local-config.ts';

const EXAMPLE = JSON.stringify({
  type: 'track',
  userId: 'user-1',
  event: 'Order Completed',
  properties: { revenue: 9.5 },
});

/** What a first-time user needs: where to look, where to send and with which credential. */
export function formatStartText(config: LocalConfig, urls: { relay: string; salesmachine: string }): string {
  const { generated, fakeSalesmachine } = config;
  const rows: [string, string | undefined][] = [
    ['webhook', `${urls.relay}/segment`],
    ['shared secret', generated['SEGMENT_SHARED_SECRETS']],
    ['token', generated['INGEST_TOKENS']],
    ['Salesmachine', fakeSalesmachine ? `${urls.salesmachine} (a fake)` : urls.salesmachine],
    ['its API token', generated['SALESMACHINE_API_TOKEN']],
    ['its API secret', generated['SALESMACHINE_API_SECRET']],
    ['counters', `${urls.relay}/local/state`],
    ['what arrived', fakeSalesmachine && `${urls.relay}/local/salesmachine`],
  ];
  const table = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name.padEnd(15)}${value}`],
  );
  const curl = formatCurl(config, `${urls.relay}/segment`, EXAMPLE);
  return [
    `Open ${urls.relay} to watch the relay work.`,
    '',
    'The whole relay, until it stops:',
    ...table,
    '',
    'Try it:',
    `  ${curl}`,
    '',
    '',
  ].join('\n');
}
