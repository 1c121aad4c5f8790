import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { MAX_STAGE_LENGTH } from '../../lib/cli/deploy/stage-plan.ts';
import { parseTemplate, type Template } from '../support/template.ts';
import { deployerPolicy, operatorPolicy } from './iam-policies.ts';
import { danglingReferences, specificationProblems } from './specification.ts';
import { type Packaged, usePackage } from './use-package.ts';

const run = promisify(execFile);
const deploy = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');

let packaged: Packaged;
let template: Template;

usePackage('prod', {}, (result) => {
  packaged = result;
  template = result.template;
});

/** The most characters that a managed policy can have, white space not counted. Source: IAM's quotas. */
const MAX_POLICY_LENGTH = 6_144;

describe('a policy in the docs', () => {
  test('of the operator is not too long for IAM', async () => {
    expect(JSON.stringify(await operatorPolicy()).length).toBeLessThan(MAX_POLICY_LENGTH);
  });

  test('of the deployer is not too long for IAM', async () => {
    expect(JSON.stringify(await deployerPolicy(template)).length).toBeLessThan(MAX_POLICY_LENGTH);
  });

  test('lets no one use a wildcard as an action, nor an operator change a function', async () => {
    const actions = [await operatorPolicy(), await deployerPolicy(template)].map(({ Statement }) =>
      Statement.flatMap(({ Action }) => Action),
    );
    expect(actions.map(({ length }) => length > 5)).toEqual([true, true]);
    expect(actions.flat().filter((action) => action.includes('*'))).toEqual([]);
    expect(
      actions[0]?.filter((action) =>
        /^(iam|s3|cloudformation:(?!Describe)|lambda:(Update|Create|Delete))/.test(action),
      ),
    ).toEqual([]);
  });
});

test('the docs say how long the name of a stage can be', () => {
  expect(deploy).toContain(`(${MAX_STAGE_LENGTH} characters at most,`);
});

test('the template for the import of retained queues, which the docs make, holds the queues alone', async () => {
  const script = /^node -e '(.*)' > \.serverless\/queues\.json$/m.exec(deploy)?.[1] ?? '';
  const { stdout } = await run(process.execPath, ['-e', script], { cwd: packaged.service });
  const queues = parseTemplate(stdout);
  expect(Object.keys(queues.Resources)).toEqual(['Queue', 'DeadLetterQueue']);
  expect(specificationProblems(queues)).toEqual([]);
  expect(danglingReferences(queues)).toEqual([]);
  // CloudFormation imports only what has a deletion policy.
  for (const queue of Object.values(queues.Resources))
    expect(queue['DeletionPolicy']).toBe('RetainExceptOnCreate');
});
