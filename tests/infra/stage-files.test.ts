import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { deploymentOptionNames, deploymentOptions } from '../../lib/cli/deploy/deployment-options.ts';
import { parseStageFile, stageSettingNames } from '../../lib/cli/deploy/stage-file.ts';
import { planStage } from '../../lib/cli/deploy/stage-plan.ts';
import { SECRET_NAMES } from '../../lib/cli/secrets/stage-secrets.ts';
import { settings } from '../../lib/config/settings.ts';
import { at, isRecord, parseTemplate, type Template } from '../support/template.ts';
import { packageService } from './package.ts';
import { specificationProblems } from './specification.ts';
import { property } from './template-rule.ts';

const example = readFileSync(new URL('../../stages/example.yml', import.meta.url), 'utf8');
const uncommented = example.replace(/^ {2}# (?=\w+: )/gm, '  ');

const kmsKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const permissionsBoundaryArn = 'arn:aws:iam::111122223333:policy/boundary';
const alarmTopicArn = 'arn:aws:sns:eu-west-1:111122223333:on-call';

const stageFile = `
settings:
  LANES: 3
  REQUIRE_BOTH: true
  ALIAS: off
  RATE_LIMIT_SHARE: 0.48
  INGEST_OPEN: true
  ON_BAD_SIGNATURE: retry
  SALESMACHINE_URL: https://api.successeve.com
  RATE_LIMIT_REQUESTS: 800
  RATE_LIMIT_WINDOW_SECONDS: 299
  MAX_EVENT_AGE_HOURS: 71
  ANONYMOUS_CONTACTS: skip
  SCREEN: event
  CONTEXT_ATTRIBUTES: locale
  EXCLUDE_EVENTS: Heartbeat
  EXCLUDE_ATTRIBUTES: password
  EXCLUDE_QUERY: token
  POWERTOOLS_LOG_LEVEL: WARN
  LOG_SUCCESS_SHARE: 0.1
deployment:
  region: eu-west-1
  alarmEmail: ops@example.com
  alarmTopicArn: ${alarmTopicArn}
  logRetentionDays: 30
  apiRate: 100
  apiBurst: 200
  ingestConcurrency: 50
  disposable: true
  kmsKeyArn: ${kmsKeyArn}
  permissionsBoundaryArn: ${permissionsBoundaryArn}
  tracing: true
  tags: { team: growth }
`;

const directory = mkdtempSync(join(tmpdir(), 'relay-stages-'));
const templateFile = 'cloudformation-template-update-stack.json';
let text: string;
let state: string;
let template: Template;
let textOfAnotherShell: string;
let fromShell: Template;

/** Without the moment of packaging, which is in the name of the functions' code. */
const withoutTime = (json: string) => json.replace(/\d{13}-[\d-]+T[\d:.]+Z/g, 'NOW');

beforeAll(async () => {
  const { documents } = await packageService(join(directory, 'one'), 'test', {}, stageFile);
  text = documents.get(templateFile) ?? '';
  state = documents.get('serverless-state.json') ?? '';
  template = parseTemplate(text);
  const shell = {
    AWS_REGION: 'us-west-2',
    AWS_PROFILE: 'another',
    LANES: '',
    ALARM_EMAIL: '',
    SHELL: 'fish',
  };
  const another = await packageService(join(directory, 'another'), 'test', shell, stageFile);
  textOfAnotherShell = another.documents.get(templateFile) ?? '';

  const { settings: given } = parseStageFile(stageFile, 'test');
  const variables = { ...given, ALARM_EMAIL: 'a@example.com', ALARM_TOPIC_ARN: alarmTopicArn };
  const packaged = await packageService(join(directory, 'shell'), 'test', {
    ...variables,
    INGEST_CONCURRENCY: '7',
  });
  fromShell = parseTemplate(packaged.documents.get(templateFile) ?? '');
});

afterAll(() => rmSync(directory, { recursive: true }));

/** Those that a stage's file can hold, as the functions find them. */
function settingsOf(of: Template): Record<string, unknown> {
  const functions = ['IngestLambdaFunction', 'WorkerLambdaFunction'];
  const variables = functions.map((id) => property(of, `${id}.Environment.Variables`));
  const entries = variables.flatMap((each) => Object.entries(isRecord(each) ? each : {}));
  return Object.fromEntries(entries.filter(([name]) => stageSettingNames.some((known) => known === name)));
}

const isNotEmpty = (value: unknown) => ({ 'Fn::Not': [{ 'Fn::Equals': [value, ''] }] });

describe('a stage that has a file', () => {
  test('is the same from every shell', () => {
    expect(withoutTime(textOfAnotherShell)).toBe(withoutTime(text));
  });

  test('has its settings, as texts', () => {
    expect(settingsOf(template)).toEqual(parseStageFile(stageFile, 'test').settings);
    expect(Object.keys(settingsOf(template)).toSorted()).toEqual(stageSettingNames.toSorted());
  });

  test.each([
    [
      'region',
      'Resources.QueueStuckAlarm.Properties.AlarmDescription',
      expect.stringContaining('--region eu-west-1'),
    ],
    ['alarmEmail', 'Resources.AlarmEmail.Properties.Endpoint', 'ops@example.com'],
    ['alarmTopicArn', 'Resources.QueueStuckAlarm.Properties.AlarmActions.0.Fn::If.1', alarmTopicArn],
    ['logRetentionDays', 'Resources.WorkerLogGroup.Properties.RetentionInDays', 30],
    ['apiRate', 'Resources.HttpApiStage.Properties.DefaultRouteSettings.ThrottlingRateLimit', 100],
    ['apiBurst', 'Resources.HttpApiStage.Properties.DefaultRouteSettings.ThrottlingBurstLimit', 200],
    [
      'ingestConcurrency',
      'Resources.IngestLambdaFunction.Properties.ReservedConcurrentExecutions.Fn::If.1',
      50,
    ],
    ['disposable', 'Resources.Queue.DeletionPolicy', 'Delete'],
    ['disposable', 'Resources.DeadLetterQueue.UpdateReplacePolicy', 'Delete'],
    ['kmsKeyArn', 'Resources.Queue.Properties.KmsMasterKeyId.Fn::If.1', kmsKeyArn],
    ['kmsKeyArn', 'Resources.KmsPolicy.Properties.PolicyDocument.Statement.0.Resource', kmsKeyArn],
    [
      'permissionsBoundaryArn',
      'Resources.WorkerRole.Properties.PermissionsBoundary.Fn::If.1',
      permissionsBoundaryArn,
    ],
    ['tracing', 'Resources.IngestLambdaFunction.Properties.TracingConfig.Mode', 'Active'],
    ['tracing', 'Conditions.HasTracing.Fn::Equals.0', 'tracing is true'],
    ['alarmEmail', 'Conditions.HasAlarmEmail', isNotEmpty('ops@example.com')],
    ['alarmTopicArn', 'Conditions.HasAlarmTopicArn', isNotEmpty(alarmTopicArn)],
    ['ingestConcurrency', 'Conditions.HasIngestConcurrency', isNotEmpty(50)],
    ['kmsKeyArn', 'Conditions.HasKmsKey', isNotEmpty(kmsKeyArn)],
    ['permissionsBoundaryArn', 'Conditions.HasPermissionsBoundary', isNotEmpty(permissionsBoundaryArn)],
  ])('has its %s: %s', (_, path, value) => {
    expect(at(template, path)).toEqual(value);
  });

  test('has its tags, and resources as AWS describes them', () => {
    expect(at(JSON.parse(state), 'service.provider.stackTags')).toEqual({ team: 'growth' });
    expect(specificationProblems(template)).toEqual([]);
  });
});

test('every setting is taken from the shell, too, and so are the options that have a variable', () => {
  expect(settingsOf(fromShell)).toEqual(settingsOf(template));
  expect(at(fromShell, 'Resources.AlarmEmail.Properties.Endpoint')).toBe('a@example.com');
  expect(at(fromShell, 'Conditions.HasAlarmTopicArn')).toEqual(isNotEmpty(alarmTopicArn));
  expect(at(fromShell, 'Conditions.HasIngestConcurrency')).toEqual(isNotEmpty('7'));
});

test.each([
  ['logRetentionDays', 'Resources.WorkerLogGroup.Properties.RetentionInDays'],
  ['apiRate', 'Resources.HttpApiStage.Properties.DefaultRouteSettings.ThrottlingRateLimit'],
  ['apiBurst', 'Resources.HttpApiStage.Properties.DefaultRouteSettings.ThrottlingBurstLimit'],
] as const)('without a file, a stage has the %s that the example shows', (name, path) => {
  expect(at(fromShell, path)).toBe(deploymentOptions[name].example);
});

test('stages/prod.yml protects the stack from removal, and keeps logs for longer', () => {
  const prod = readFileSync(new URL('../../stages/prod.yml', import.meta.url), 'utf8');
  const file = parseStageFile(prod, 'stages/prod.yml');
  expect(planStage({ stage: 'prod', params: [], file, env: {} }).deployment).toEqual({
    logRetentionDays: 90,
    terminationProtection: true,
  });
});

describe('stages/example.yml', () => {
  const { settings: given, deployment } = parse(uncommented);

  test('shows every setting, with its default, and every option, with what it does', () => {
    const defaults = stageSettingNames.map((name) => [
      name,
      'default' in settings[name] && settings[name].default,
    ]);
    expect(Object.entries(given).map(([name, value]) => [name, String(value)])).toEqual(defaults);
    expect(Object.keys(deployment)).toEqual(deploymentOptionNames);
    const comments = example.replace(/\n {2}# /g, ' ').toLowerCase();
    for (const { description } of Object.values(deploymentOptions))
      expect(comments).toContain(description.toLowerCase());
  });

  test('can be used as it stands', () => {
    expect(
      planStage({ stage: 'example', params: [], file: parseStageFile(uncommented, 'example'), env: {} }),
    ).toMatchObject({
      region: 'us-east-1',
      notes: [],
    });
    expect(parseStageFile(example, 'example')).toEqual({ settings: {}, deployment: {} });
  });

  test('holds no secret', () => {
    for (const name of SECRET_NAMES) expect(example).not.toContain(name);
  });
});
