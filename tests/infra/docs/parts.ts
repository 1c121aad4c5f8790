import { type Answer, diagnose } from '../../../lib/cli/diagnosis.ts';
import { MAPPING_SETTINGS, type SettingName, settings } from '../../../lib/config/settings.ts';
import { REASONS } from '../../../lib/dead-letters/reasons.ts';
import { runbook } from '../../../lib/dead-letters/runbook.ts';
import { outageDelaySeconds, retryDelaySeconds } from '../../../lib/delivery/backoff.ts';
import { reactions } from '../../../lib/delivery/reactions.ts';
import { HTML_PAGE } from '../../../lib/salesmachine/error-detail.ts';
import { describeFailure } from '../../../lib/salesmachine/failure-text.ts';
import type { Template } from '../../support/template.ts';
import { readAlarms } from '../cloudwatch-alarms.ts';
import { deployerPolicy, operatorPolicy, type Policy } from '../iam-policies.ts';

/** The settings by what they are about, as the page has its sections. */
export const settingGroups = {
  'settings-ingest': [
    'SEGMENT_SHARED_SECRETS',
    'INGEST_TOKENS',
    'REQUIRE_BOTH',
    'INGEST_OPEN',
    'ON_BAD_SIGNATURE',
  ],
  'settings-salesmachine': [
    'SALESMACHINE_API_TOKEN',
    'SALESMACHINE_API_SECRET',
    'SALESMACHINE_URL',
    'RATE_LIMIT_REQUESTS',
    'RATE_LIMIT_WINDOW_SECONDS',
    'RATE_LIMIT_SHARE',
    'LANES',
    'MAX_EVENT_AGE_HOURS',
  ],
  'settings-mapping': MAPPING_SETTINGS,
  'settings-telemetry': ['POWERTOOLS_LOG_LEVEL', 'LOG_SUCCESS_SHARE', 'METRICS_NAMESPACE'],
  'settings-queues': ['QUEUE_URL', 'DEAD_LETTER_QUEUE_URL'],
} as const satisfies Record<string, readonly SettingName[]>;

/** What is generated into the pages, by the name of the part. `template` is the packaged one of the stage `prod`. */
export async function renderParts(template: Template): Promise<Map<string, string>> {
  return new Map([
    ...Object.entries(settingGroups).map(([part, names]): [string, string] => [part, settingsTable(names)]),
    ['answers', answersTable()],
    ['causes', causesTable()],
    ['retries', retriesTable()],
    ['reasons', reasonsTable()],
    ['alarms', alarmsTable(template)],
    ['operator-policy', policyBlock(await operatorPolicy())],
    ['deployer-policy', policyBlock(await deployerPolicy(template))],
  ]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function settingsTable(names: readonly SettingName[]): string {
  const rows = names.map((name) => {
    const setting = settings[name];
    const byDefault = 'default' in setting ? setting.default && `\`${setting.default}\`` : 'must be set';
    return [`\`${name}\``, byDefault || 'none', setting.description];
  });
  return table(['setting', 'default', ''], rows);
}

const answersTable = () =>
  table(
    ['Salesmachine answers', 'what you will see'],
    Object.values(reactions).map(({ answers, seen }) => [answers, seen]),
  );

const toAnswer = (status: number, words = ''): Answer => ({
  status,
  failure: null,
  text: `Salesmachine answered ${status}${words}`,
});
const toFailure = (code: string): Answer => ({
  status: null,
  failure: describeFailure(code, { connectTimeoutMs: 3_000, timeoutMs: 10_000 }),
  text: null,
});

/** An answer, or why there was none, for each cause that `relay status` can name. */
const answersByCause: readonly Answer[] = [
  toAnswer(401),
  toFailure('ENOCREDENTIAL'),
  toAnswer(402),
  toAnswer(403, `: ${HTML_PAGE}`),
  toAnswer(404),
  toAnswer(302),
  toAnswer(422),
  toAnswer(429),
  toAnswer(500),
  toFailure('ETIMEDOUT'),
  toFailure('ECONNREFUSED'),
  toFailure('ENOTFOUND'),
];

const causesTable = () =>
  table(
    ['`relay status` says', 'what to do'],
    answersByCause.map(diagnose).map(({ problem, advice }) => [problem, advice]),
  );

const MINUTE_MS = 60_000;

function retriesTable(): string {
  const formatRange = (delaySeconds: (random: () => number) => number) =>
    `${delaySeconds(() => 0)} to ${delaySeconds(() => 1)} s`;
  const failures = [1, 2, 3, 6, 10].map((count) => [
    `failed alone ${count === 1 ? 'once' : `${count} times`}`,
    formatRange((random) => retryDelaySeconds(count, random)),
  ]);
  const outages = [1, 10, 30, 60].map((minutes) => [
    `released in a pause, ${minutes} min after it was accepted`,
    formatRange((random) => outageDelaySeconds(minutes * MINUTE_MS, random)),
  ]);
  return table(['an event that', 'comes back after'], [...failures, ...outages]);
}

const reasonsTable = () =>
  table(
    ['reason', 'what happened', 'what to do'],
    REASONS.map((reason) => [`\`${reason}\``, runbook[reason].means, runbook[reason].advice]),
  );

function alarmsTable(template: Template): string {
  const rows = readAlarms(template).map(({ name, description }) => {
    const general = description
      .replaceAll('--stage prod', '--stage STAGE')
      .replaceAll('--region us-east-1', '--region REGION');
    const [meaning = '', first = ''] = general.split(' First: ');
    return [
      `\`${name.replace('segment-salesmachine-relay-prod-', '')}\``,
      meaning,
      first.replace(/(?:npm run relay|aws) [^;,]+/, '`$&`'),
    ];
  });
  return table(['alarm', 'what it means', 'first'], rows);
}

/** A policy with a line for each statement's actions, and one for its resources. */
function policyBlock({ Version, Statement }: Policy): string {
  const list = (items: readonly string[]) => `[${items.map((item) => JSON.stringify(item)).join(', ')}]`;
  const statements = Statement.map(
    ({ Effect, Action, Resource }) =>
      `    {\n      "Effect": "${Effect}",\n      "Action": ${list(Action)},\n      "Resource": ${list(Resource)}\n    }`,
  );
  return `\`\`\`json\n{\n  "Version": "${Version}",\n  "Statement": [\n${statements.join(',\n')}\n  ]\n}\n\`\`\`\n`;
}
