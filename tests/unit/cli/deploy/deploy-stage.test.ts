import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type DeployPorts, deployStage } from '../../../../lib/cli/deploy/deploy-stage.ts';
import { findLoweredProtections, type Stack } from '../../../../lib/cli/deploy/protection.ts';
import { parseStackTemplate } from '../../../../lib/cli/deploy/stack-template.ts';
import type { StagePlan } from '../../../../lib/cli/deploy/stage-plan.ts';
import type { SecretName } from '../../../../lib/cli/secrets/stage-secrets.ts';
import { withChange } from '../../../support/template.ts';

const variables = (values: Record<string, string>, key = 'code.zip') => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Environment: { Variables: values }, Code: { S3Key: key } },
});
const notEmpty = (text: string) => ({ 'Fn::Not': [{ 'Fn::Equals': [text, ''] }] });

/** As safe as a stack can be. */
const safe = {
  Resources: {
    IngestLambdaFunction: variables({
      REQUIRE_BOTH: 'true',
      INGEST_OPEN: '',
      ON_BAD_SIGNATURE: 'retry',
      EXCLUDE_ATTRIBUTES: 'password,ssn',
      EXCLUDE_QUERY: 'token',
    }),
    WorkerLambdaFunction: variables({ LANES: '4' }),
    Queue: { Type: 'AWS::SQS::Queue', DeletionPolicy: 'RetainExceptOnCreate' },
    DeadLetterQueue: { Type: 'AWS::SQS::Queue', DeletionPolicy: 'RetainExceptOnCreate' },
    IngestLogGroup: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 90 } },
  },
  Conditions: {
    HasAlarmEmail: notEmpty('you@example.com'),
    HasAlarmTopicArn: notEmpty('arn:topic'),
    HasKmsKey: notEmpty('arn:key'),
    HasPermissionsBoundary: notEmpty('arn:boundary'),
  },
};
const template = parseStackTemplate(JSON.stringify(safe));
const deployed: Stack = { template, terminationProtection: true };
const change = (path: string, value?: unknown): Stack => ({
  template: parseStackTemplate(JSON.stringify(withChange(template, path, value))),
  terminationProtection: true,
});

const inVariables = 'Resources.IngestLambdaFunction.Properties.Environment.Variables';
const lowerings: [warning: RegExp, after: Stack][] = [
  [/REQUIRE_BOTH is turned off/, change(`${inVariables}.REQUIRE_BOTH`, '')],
  [/INGEST_OPEN is turned on/, change(`${inVariables}.INGEST_OPEN`, 'true')],
  [/ON_BAD_SIGNATURE is no longer retry/, change(`${inVariables}.ON_BAD_SIGNATURE`, '')],
  [/EXCLUDE_ATTRIBUTES lets through/, change(`${inVariables}.EXCLUDE_ATTRIBUTES`, 'password')],
  [/EXCLUDE_QUERY lets through/, change(`${inVariables}.EXCLUDE_QUERY`, '')],
  [/no address receives alarms/, change('Conditions.HasAlarmEmail', notEmpty(''))],
  [/the SNS topic receives no alarms/, change('Conditions.HasAlarmTopicArn', notEmpty(''))],
  [/will delete the queues/, change('Resources.DeadLetterQueue.DeletionPolicy', 'Delete')],
  [/no longer refuse to remove the stack/, { template, terminationProtection: false }],
  [/no longer encrypted with the KMS key/, change('Conditions.HasKmsKey', notEmpty(''))],
  [/the permissions boundary is removed/, change('Conditions.HasPermissionsBoundary', notEmpty(''))],
  [/logs are kept for a shorter time/, change('Resources.IngestLogGroup.Properties.RetentionInDays', 14)],
];

describe('a protection', () => {
  test.each(lowerings)(
    '%s: is noticed where it is lowered, alone, and not where it is raised',
    (warning, after) => {
      expect(findLoweredProtections(deployed, after)).toEqual([expect.stringMatching(warning)]);
      expect(findLoweredProtections(after, deployed)).toEqual([]);
    },
  );
});

test('names in another order, with spaces between them, are the same protection', () => {
  const after = change(`${inVariables}.EXCLUDE_ATTRIBUTES`, 'ssn, password');
  expect(findLoweredProtections(deployed, after)).toEqual([]);
});

describe('a deployment', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'relay-deploy-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  type Situation = {
    before?: Stack | undefined;
    after?: Stack;
    missing?: SecretName[];
    confirm?: DeployPorts['confirm'];
    isConfirmed?: boolean;
    settings?: StagePlan['settings'];
  };

  /** Deploys, and returns what was done and printed. */
  async function deploy({
    before,
    after = deployed,
    missing = [],
    confirm,
    isConfirmed = false,
    settings = {},
  }: Situation) {
    const done: string[] = [];
    const printed: string[] = [];
    const { terminationProtection } = after;
    const plan = {
      stage: 'prod',
      region: 'eu-west-1',
      settings,
      deployment: { terminationProtection },
      notes: [],
    };
    const error = await deployStage(
      { plan, directory, isConfirmed },
      {
        aws: {
          fetchStack: async () => before,
          fetchOutputs: async () => ({ WebhookUrl: 'https://example.com/segment' }),
          findMissingSecrets: async () => missing,
          setTerminationProtection: async (enabled) => void done.push(`protect ${enabled}`),
        },
        print: (line) => void printed.push(line),
        confirm,
        packageStage: async () => {
          done.push('package');
          mkdirSync(join(directory, '.serverless'), { recursive: true });
          const file = '.serverless/cloudformation-template-update-stack.json';
          writeFileSync(join(directory, file), JSON.stringify(after.template));
        },
        deployPackage: async () => void done.push('deploy'),
      },
    ).catch((error: Error) => error.message);
    return { done, printed: printed.join('\n'), error };
  }

  test('of a new stage needs no question, sets its protection, and prints the webhook URL', async () => {
    const { done, printed, error } = await deploy({ before: undefined });
    expect({ done, error }).toEqual({ done: ['package', 'deploy', 'protect true'], error: undefined });
    expect(printed).toBe('The stage prod is new in eu-west-1.\nWebhookUrl: https://example.com/segment');
  });

  test('shows what changes, but not the place of the code', async () => {
    const after = change(
      'Resources.WorkerLambdaFunction',
      variables({ LANES: '2', ALIAS: 'off' }, 'other.zip'),
    );
    const { done, printed } = await deploy({ before: deployed, after });
    expect(done).toEqual(['package', 'deploy']);
    expect(printed.split('\n').slice(0, -1)).toEqual([
      'This changes:',
      '  ~ WorkerLambdaFunction.Properties.Environment.Variables.LANES: "4" → "2"',
      '  ~ WorkerLambdaFunction.Properties.Environment.Variables.ALIAS: not set → "off"',
    ]);
  });

  test('shows settings first, and of a long value its beginning', async () => {
    const before = change('Resources.IngestLambdaFunction.Properties.Description', 'x'.repeat(100));
    const after = change('Resources.WorkerLambdaFunction', variables({ LANES: '2' }));
    expect((await deploy({ before, after })).printed.split('\n').slice(1, 3)).toEqual([
      '  ~ WorkerLambdaFunction.Properties.Environment.Variables.LANES: "4" → "2"',
      `  ~ IngestLambdaFunction.Properties.Description: "${'x'.repeat(59)}… → not set`,
    ]);
  });

  test('shows whom alarms notify no longer', async () => {
    const after = change('Conditions.HasAlarmEmail', notEmpty(''));
    expect((await deploy({ before: deployed, after })).printed).toContain(
      '~ Conditions.HasAlarmEmail.Fn::Not.0.Fn::Equals.0: "you@example.com" → ""',
    );
  });

  test('shows resources that come and go', async () => {
    const after = change('Resources.Topic', { Type: 'AWS::SNS::Topic' });
    expect((await deploy({ before: deployed, after })).printed).toContain('+ Topic (AWS::SNS::Topic)');
    expect((await deploy({ before: after })).printed).toContain('- Topic (AWS::SNS::Topic)');
  });

  test('shows forty changes at most, and counts the others; or says that there is none', async () => {
    const names = Array.from({ length: 42 }, (_, index) => `SETTING_${index}`);
    const settings = Object.fromEntries(names.map((name) => [name, 'on']));
    const after = change('Resources.WorkerLambdaFunction', variables({ LANES: '4', ...settings }));
    const lines = (await deploy({ before: deployed, after })).printed.split('\n');
    expect(lines.filter((line) => line.includes('SETTING_'))).toHaveLength(40);
    expect(lines).toContain('  and 2 more');

    const sameButCode = change('Resources.WorkerLambdaFunction', variables({ LANES: '4' }, 'other.zip'));
    const { printed } = await deploy({ before: deployed, after: sameButCode });
    expect(printed).toContain('Nothing changes but the code.');
  });

  test('lets the stack be removed again, where that is confirmed', async () => {
    const after = { template, terminationProtection: false };
    const { done } = await deploy({ before: deployed, after, isConfirmed: true });
    expect(done).toEqual(['package', 'deploy', 'protect false']);
  });

  test.each(lowerings)('%s: is refused without --yes, and goes on with it', async (warning, after) => {
    const refused = await deploy({ before: deployed, after });
    expect(refused.error).toMatch(/^nothing was deployed: .* or say --yes$/);
    expect(refused.error).toMatch(warning);
    expect(refused.done).toEqual(['package']);

    const confirmed = await deploy({ before: deployed, after, isConfirmed: true });
    expect(confirmed.done).toContain('deploy');
    expect(confirmed.printed).toMatch(warning);
  });

  test.each([
    [true, ['package', 'deploy']],
    [false, ['package']],
  ])('asks at a terminal: %s', async (answer, expected) => {
    const questions: string[] = [];
    const confirm = async (question: string) => {
      questions.push(question);
      return answer;
    };
    const after = change(`${inVariables}.REQUIRE_BOTH`, '');
    expect((await deploy({ before: deployed, after, confirm })).done).toEqual(expected);
    expect(questions).toEqual(['Deploy prod all the same?']);
  });

  test.each<[SecretName[], StagePlan['settings'], string | undefined]>([
    [['SALESMACHINE_API_SECRET'], {}, 'SALESMACHINE_API_SECRET'],
    [['INGEST_TOKENS'], {}, undefined],
    [['INGEST_TOKENS'], { REQUIRE_BOTH: 'true' }, 'INGEST_TOKENS'],
    [['INGEST_TOKENS', 'SEGMENT_SHARED_SECRETS'], {}, 'SEGMENT_SHARED_SECRETS or INGEST_TOKENS'],
    [['INGEST_TOKENS', 'SEGMENT_SHARED_SECRETS'], { INGEST_OPEN: 'true' }, undefined],
  ])(
    'without %j, with %j, is refused before anything is packaged if a function could not start',
    async (missing, settings, named) => {
      const { done, error } = await deploy({ before: deployed, missing, settings });
      if (named === undefined) {
        expect(done).toContain('deploy');
      } else {
        expect(error).toBe(
          `SSM in eu-west-1 has no ${named} of the stage prod: npm run relay -- secrets put --stage prod --region eu-west-1`,
        );
        expect(done).toEqual([]);
      }
    },
  );
});
