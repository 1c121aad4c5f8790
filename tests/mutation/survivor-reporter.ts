import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';
import type { Reporter } from '@stryker-mutator/api/report';
import { explainSurvivors } from './explain-survivors.ts';
import { survivors as deadLetters } from './survivors/dead-letters.ts';
import { survivors as delivery } from './survivors/delivery.ts';
import { survivors as mapping } from './survivors/mapping.ts';
import { survivors as salesmachine } from './survivors/salesmachine.ts';
import { survivors as segment } from './survivors/segment.ts';
import { survivors as telemetry } from './survivors/telemetry.ts';

type Metrics = Parameters<NonNullable<Reporter['onMutationTestReportReady']>>[1]['systemUnderTestMetrics'];

const listFiles = ({ file, childResults }: Metrics): NonNullable<Metrics['file']>[] =>
  file === undefined ? childResults.flatMap(listFiles) : [file];

/** Has the run fail if a mutant survives without a reason. */
const reporter: Reporter = {
  onMutationTestReportReady(_report, { systemUnderTestMetrics }) {
    const files = listFiles(systemUnderTestMetrics);
    const mutants = files
      .flatMap((file) => file.mutants)
      .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
      .map((mutant) => ({
        file: mutant.fileName,
        original: mutant.getOriginalLines(),
        mutated: mutant.getMutatedLines(),
      }));
    const { unexplained, stale } = explainSurvivors(mutants, new Set(files.map(({ name }) => name)), {
      ...segment,
      ...salesmachine,
      ...telemetry,
      ...mapping,
      ...deadLetters,
      ...delivery,
    });
    if (unexplained.length > 0) process.exitCode = 1;
    process.stdout.write(
      [
        `${mutants.length} mutants survived, ${unexplained.length} without a reason in tests/mutation/survivors`,
        ...unexplained.map(({ file, original, mutated }) => `${file}\n-${original}+${mutated}`),
        ...stale.map(({ file, line }) => `${file}: no longer survives, so its reason can go: ${line}`),
        '',
      ].join('\n'),
    );
  },
};

export const strykerPlugins = [declareValuePlugin(PluginKind.Reporter, 'survivors', reporter)];
