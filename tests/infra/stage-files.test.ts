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
import { at, parseTemplate, type Template } from '../support/template.ts';
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
});

afterAll(() => rmSync(directory, { recursive: true }));

describe('a stage that has a file', () => {
  test('is the same from every shell', () => {
    expect(withoutTime(textOfAnotherShell)).toBe(withoutTime(text));
  });

  test('has its settings, as texts', () => {
    const variables = (id: string) => property(template, `${id}.Environment.Variables`);
    expect(variables('WorkerLambdaFunction')).toMatchObject({
      LANES: '3',
      ALIAS: 'off',
      RATE_LIMIT_SHARE: '0.48',
    });
    expect(variables('IngestLambdaFunction')).toMatchObject({ REQUIRE_BOTH: 'true', ALIAS: 'off' });
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
  ])('has its %s: %s', (_, path, value) => {
    expect(at(template, path)).toEqual(value);
  });

  test('has its tags, and resources as AWS describes them', () => {
    expect(at(JSON.parse(state), 'service.provider.stackTags')).toEqual({ team: 'growth' });
    expect(specificationProblems(template)).toEqual([]);
  });
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
