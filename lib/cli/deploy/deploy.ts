import { CommanderError, createCommand } from 'commander';
import type { Environment } from '../../config/config.ts';
import { toTerminalText } from '../../runtime/terminal-text.ts';
import { CommandError, describeError } from '../cli-errors.ts';
import { printNote } from '../command-context.ts';
import { confirm } from '../confirm.ts';
import { refuseOptionsTakenByNpm } from '../npm-options.ts';
import { DEFAULT_REGION } from '../stage/stage-target.ts';
import { deployStage } from './deploy-stage.ts';
import { connectDeploymentAws } from './deployment-aws.ts';
import { runTool } from './run-tool.ts';
import { listStages, readStageFile, stageFilePath } from './stage-file.ts';
import { planStage, type StagePlan } from './stage-plan.ts';

type Options = {
  stage: string;
  region?: string;
  param: string[];
  awsProfile?: string;
  verbose?: true;
  yes?: true;
};

const directory = process.cwd();
/** A blank variable counts as not set, for the functions and so for osls. */
const env: Environment = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value?.trim()));
const toolOptions = { directory, env };
const print = (line: string): void => void process.stdout.write(`${toTerminalText(line, process.stdout)}\n`);

const help = `
The settings and options of a stage are in stages/STAGE.yml: see stages/example.yml. Its region is that of the file, else
AWS_REGION, else ${DEFAULT_REGION}.
`;

const program = createCommand('npm run')
  .exitOverride()
  // Errors are printed below, in one line.
  .configureOutput({ writeErr: () => undefined });

const defineStageCommand = (name: string, description: string) =>
  program
    .command(name)
    .description(description)
    .option('-r, --region <name>', "its AWS region, instead of its file's")
    .option('--param <name=value>', "one option, instead of its file's", append, [])
    .option('--aws-profile <name>', 'the AWS credentials to use, instead of AWS_PROFILE')
    .option('--verbose', 'show what osls does')
    .addHelpText('after', help);

const append = (value: string, values: string[]): string[] => [...values, value];

defineStageCommand('package', 'write the package of a stage to .serverless/, without AWS')
  .option('-s, --stage <name>', 'the stage', 'dev')
  .action(async (options: Options) => {
    const plan = await checkPlan(options, { needsFile: false });
    await packageStage(toOslsArguments(plan, options));
  });

defineStageCommand('deploy', 'check a stage, show what changes, and deploy it')
  .requiredOption('-s, --stage <name>', 'the stage')
  .option('-y, --yes', 'deploy also where that lowers a protection')
  .action(async (options: Options) => {
    const plan = await checkPlan(options, { needsFile: true });
    if (options.awsProfile !== undefined) useProfile(options.awsProfile);
    const osls = toOslsArguments(plan, options);
    await deployStage(
      { plan, directory, isConfirmed: options.yes === true },
      {
        aws: await connectDeploymentAws(plan),
        print,
        confirm: process.stdin.isTTY ? (question) => confirm(question, process) : undefined,
        packageStage: () => packageStage(osls),
        deployPackage: () => runTool('osls', ['deploy', '--package', '.serverless', ...osls], toolOptions),
      },
    );
    await runDoctor(plan);
  });

/** The stage is deployed, whatever the doctor finds: the exit code is 1 then, as the doctor's own. */
async function runDoctor({ stage, region }: StagePlan): Promise<void> {
  const doctor = ['run', '--silent', 'relay', '--', 'doctor', '--stage', stage, '--region', region];
  await runTool('npm', doctor, toolOptions).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    print(`The stage ${stage} is deployed, but not all is well: see above.`);
    process.exitCode = 1;
  });
}

/** For the SDK in this process, and for the tools that it starts. */
function useProfile(profile: string): void {
  process.env['AWS_PROFILE'] = profile;
  env['AWS_PROFILE'] = profile;
}

async function checkPlan(
  { stage, region, param }: Options,
  { needsFile }: { needsFile: boolean },
): Promise<StagePlan> {
  const file = await readStageFile(directory, stage);
  const plan = planStage({ stage, region, params: param, file, env });
  if (needsFile && file === undefined) throw await describeMissingFile(stage);
  for (const note of plan.notes) print(note);
  return plan;
}

/** A misspelt stage would be deployed beside the one that is meant, with the defaults. */
async function describeMissingFile(stage: string): Promise<CommandError> {
  const stages = await listStages(directory);
  return new CommandError(
    `there is no ${stageFilePath(stage)}: check --stage (there is ${stages.join(', ') || 'none'}), or write the file first: the line "deployment:" suffices`,
  );
}

const toOslsArguments = (plan: StagePlan, { param, awsProfile, verbose }: Options): string[] => [
  ...['--stage', plan.stage, '--region', plan.region],
  ...param.flatMap((value) => ['--param', value]),
  ...(awsProfile === undefined ? [] : ['--aws-profile', awsProfile]),
  ...(verbose ? ['--verbose'] : []),
];

async function packageStage(oslsArguments: readonly string[]): Promise<void> {
  await runTool('npm', ['run', '--silent', 'build'], toolOptions);
  await runTool('osls', ['package', ...oslsArguments], toolOptions);
}

try {
  refuseOptionsTakenByNpm(program, process.argv.slice(2), env);
  await program.parseAsync();
} catch (error) {
  const isDone = error instanceof CommanderError && error.exitCode === 0;
  const message = describeError(error, 'a deployer');
  if (message === undefined) throw error;
  if (!isDone) {
    printNote(process, `deploy: ${message}`);
    process.exitCode = 2;
  }
}
