import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { MAX_STAGE_LENGTH } from '../../lib/cli/deploy/stage-plan.ts';
import { parseTemplate, type Template } from '../support/template.ts';
import { readAlarms } from './cloudwatch.ts';
import { deployerPolicy, operatorPolicy, type Policy } from './iam-policies.ts';
import { danglingReferences, specificationProblems } from './specification.ts';
import { type Packaged, usePackage } from './use-package.ts';

const run = promisify(execFile);
const readDoc = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
const deploy = readDoc('deploy');
const operations = readDoc('operations');

let packaged: Packaged;
let template: Template;

usePackage('prod', {}, (result) => {
  packaged = result;
  template = result.template;
});

/** A policy as the docs show it: a line for each statement's actions, and one for its resources. */
const formatPolicy = ({ Version, Statement }: Policy): string => {
  const list = (items: readonly string[]) => `[${items.map((item) => JSON.stringify(item)).join(', ')}]`;
  const statements = Statement.map(
    ({ Effect, Action, Resource }) =>
      `    {\n      "Effect": "${Effect}",\n      "Action": ${list(Action)},\n      "Resource": ${list(Resource)}\n    }`,
  );
  return `{\n  "Version": "${Version}",\n  "Statement": [\n${statements.join(',\n')}\n  ]\n}`;
};

/** The most characters that a managed policy can have, white space not counted. Source: IAM's quotas. */
const MAX_POLICY_LENGTH = 6_144;

describe('a policy in the docs', () => {
  test("is the operator's: what the relay command calls", async () => {
    const policy = await operatorPolicy();
    expect(operations).toContain(`\`\`\`json\n${formatPolicy(policy)}\n\`\`\``);
    expect(JSON.stringify(policy).length).toBeLessThan(MAX_POLICY_LENGTH);
  });

  test("is the deployer's: what npm run deploy, osls and CloudFormation call", async () => {
    const policy = await deployerPolicy(template);
    expect(deploy).toContain(`\`\`\`json\n${formatPolicy(policy)}\n\`\`\``);
    expect(JSON.stringify(policy).length).toBeLessThan(MAX_POLICY_LENGTH);
  });

  test('lets no one use a wildcard as an action, nor an operator change a function', async () => {
    const actions = [await operatorPolicy(), await deployerPolicy(template)].map(({ Statement }) =>
      Statement.flatMap(({ Action }) => Action),
    );
    expect(actions.flat().filter((action) => action.includes('*'))).toEqual([]);
    expect(
      actions[0]?.filter((action) =>
        /^(iam|s3|cloudformation:(?!Describe)|lambda:(Update|Create|Delete))/.test(action),
      ),
    ).toEqual([]);
  });
});

test('the docs show every alarm, as its description does', () => {
  const rows = readAlarms(template).map(({ name, description }) => {
    const general = description
      .replaceAll('--stage prod', '--stage STAGE')
      .replaceAll('--region us-east-1', '--region REGION');
    const [meaning = '', first = ''] = general.split(' First: ');
    return `| \`${name.replace('segment-salesmachine-relay-prod-', '')}\` | ${meaning} | ${first.replace(/(?:npm run relay|aws) [^;,]+/, '`$&`')} |`;
  });
  const table = operations.split('\n').filter((line) => /^\| `/.test(line));
  expect(table).toEqual(rows);
});

test('the docs say how long the name of a stage can be', () => {
  expect(deploy).toContain(`(${MAX_STAGE_LENGTH} characters at most,`);
});

test('the template for the import of retained queues, which the docs make, holds the queues alone', async () => {
  const script = /^node -e '(.*)' > queues\.json$/m.exec(deploy)?.[1] ?? '';
  const { stdout } = await run(process.execPath, ['-e', script], { cwd: packaged.service });
  const queues = parseTemplate(stdout);
  expect(Object.keys(queues.Resources)).toEqual(['Queue', 'DeadLetterQueue']);
  expect(specificationProblems(queues)).toEqual([]);
  expect(danglingReferences(queues)).toEqual([]);
  // CloudFormation imports only what has a deletion policy.
  for (const queue of Object.values(queues.Resources))
    expect(queue['DeletionPolicy']).toBe('RetainExceptOnCreate');
});
