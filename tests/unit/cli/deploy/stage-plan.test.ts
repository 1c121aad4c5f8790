import { describe, expect, test } from '@jest/globals';
import { parseStageFile } from '../../../../lib/cli/deploy/stage-file.ts';
import { MAX_STAGE_LENGTH, type PlanInput, planStage } from '../../../../lib/cli/deploy/stage-plan.ts';

const plan = (input: Partial<PlanInput> & { yaml?: string }) =>
  planStage({
    stage: 'prod',
    params: [],
    env: {},
    file: input.yaml === undefined ? undefined : parseStageFile(input.yaml, 'stages/prod.yml'),
    ...input,
  });

describe('a stage that cannot be deployed is refused in one clear line', () => {
  test.each<[string, Partial<PlanInput> & { yaml?: string }, RegExp]>([
    ['too many lanes', { env: { LANES: '20' } }, /: LANES must be a number from 2 to 10$/],
    ['a misspelt value', { env: { ALIAS: 'foo' } }, /: ALIAS must be one of single, batch, off$/],
    [
      'a value of its file',
      { yaml: 'settings: { RATE_LIMIT_SHARE: 97 }' },
      /: RATE_LIMIT_SHARE must be a number/,
    ],
    [
      'a name that is too long',
      { stage: 'x'.repeat(31) },
      /: the stage's name has 31 characters, and only 30 fit/,
    ],
    ['a name that AWS does not take', { stage: 'my_stage' }, /: a stage's name is made of letters, digits/],
    [
      'a region that does not exist',
      { region: 'eu-west1' },
      /: the region must be an AWS region, like eu-west-1$/,
    ],
    [
      'an option of the wrong kind',
      { yaml: 'deployment: { tracing: maybe }' },
      /: tracing must be true or false$/,
    ],
    [
      'an unknown parameter',
      { params: ['apiRates=5'] },
      /there is no --param apiRates: use one of region, alarmEmail/,
    ],
    [
      'more requests at once than AWS takes',
      { params: ['apiBurst=5001'] },
      /: apiBurst must be a whole number from 1 to 5000$/,
    ],
    ['a tag that is no text', { yaml: 'deployment: { tags: { team: 7 } }' }, /: tags must be texts by name$/],
    [
      'several problems',
      { env: { LANES: '1' }, params: ['apiRate=0'] },
      /LANES must .*; apiRate must be a whole number/,
    ],
  ])('%s', (_, input, message) => {
    expect(() => plan(input)).toThrow(message);
  });

  test.each([
    [
      'a secret',
      'settings: { INGEST_TOKENS: canary }',
      /INGEST_TOKENS is a secret: remove it, change it where it was made/,
    ],
    ['a setting that does not exist', 'settings: { LANE: 2 }', /there is no setting LANE$/],
    ['what the deployment knows', 'settings: { QUEUE_URL: x }', /QUEUE_URL is known to the deployment$/],
    ['an option that does not exist', 'deployment: { alarmMail: x }', /deployment has no option alarmMail$/],
    [
      'a section that does not exist',
      'setting: { LANES: 2 }',
      /knows only the sections settings and deployment, not setting$/,
    ],
    ['a list of lanes', 'settings: { LANES: [2] }', /LANES must be a text or a number$/],
    ['nothing', '', /must have the section settings or deployment: the line "deployment:" suffices$/],
    ['only comments', '# settings:', /must have the section settings or deployment/],
    ['what is not YAML', 'settings: {\n  LANES: 2', /stages\/prod.yml is not YAML: line \d$/],
  ])('its file holds %s', (_, yaml, message) => {
    expect(() => plan({ yaml })).toThrow(message);
    expect(() => plan({ yaml })).not.toThrow(/canary/);
  });

  test('a name of the greatest length is taken', () => {
    expect(plan({ stage: 'x'.repeat(MAX_STAGE_LENGTH) }).stage).toHaveLength(30);
  });
});

describe('what a stage is made of', () => {
  const yaml =
    'settings: { LANES: 4, ALIAS: off, SCREEN: }\ndeployment: { region: eu-west-1, apiRate: 100, alarmEmail: }';

  test('is its file, whatever region the shell has', () => {
    expect(plan({ yaml, env: { AWS_REGION: 'us-west-2', LANES: '' } })).toEqual({
      stage: 'prod',
      region: 'eu-west-1',
      settings: { LANES: '4', ALIAS: 'off' },
      deployment: { region: 'eu-west-1', apiRate: 100 },
      notes: [],
    });
  });

  test('is overridden by the environment, and that by the command line, each with a note', () => {
    const env = { LANES: '3', ALIAS: 'off', ALARM_EMAIL: 'you@example.com', INGEST_CONCURRENCY: '50' };
    const params = ['lanes=2', 'apiRate=200'];
    expect(plan({ yaml, env, params, region: 'eu-west-3' })).toMatchObject({
      region: 'eu-west-3',
      settings: { LANES: '2', ALIAS: 'off' },
      deployment: { apiRate: 200, alarmEmail: 'you@example.com', ingestConcurrency: 50 },
      notes: [
        'LANES comes from the environment: a deployment without it changes it back.',
        'alarmEmail comes from the environment: a deployment without it changes it back.',
        'ingestConcurrency comes from the environment: a deployment without it changes it back.',
        'LANES comes from --param: a deployment without it changes it back.',
        'apiRate comes from --param: a deployment without it changes it back.',
      ],
    });
  });

  test.each([
    ['apiRate=200', { apiRate: 200 }],
    ['disposable=false', { disposable: false }],
    ['alarmEmail=a=b@example.com', { alarmEmail: 'a=b@example.com' }],
    [
      'permissionsBoundaryArn=arn:aws:iam::aws:policy/PowerUserAccess',
      { permissionsBoundaryArn: 'arn:aws:iam::aws:policy/PowerUserAccess' },
    ],
  ])('is read from the command line as YAML would read it: %s', (param, deployment) => {
    expect(plan({ params: [param] }).deployment).toEqual(deployment);
  });

  test('is not overridden by what is blank, or by what the file says, too', () => {
    const env = { LANES: ' 4 ', ALIAS: ' ', ALARM_EMAIL: ' ' };
    expect(plan({ yaml, env, params: ['apiRate=100'] })).toEqual(plan({ yaml }));
  });

  test('is the defaults where it has no file', () => {
    expect(plan({ env: { AWS_REGION: 'us-west-2' } })).toEqual({
      stage: 'prod',
      region: 'us-west-2',
      settings: {},
      deployment: {},
      notes: ['There is no stages/prod.yml: the stage has the defaults.'],
    });
  });
});
