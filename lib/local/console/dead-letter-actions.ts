import type { SQSClient } from '@aws-sdk/client-sqs';
import { sendCanaries } from '../../dead-letters/canary.ts';
import type { DeadLetterFilter } from '../../dead-letters/dead-letter-filter.ts';
import { matchesFilter } from '../../dead-letters/dead-letter-filter.ts';
import { createDeadLetterReader } from '../../dead-letters/dead-letter-reader.ts';
import { toExportRecord } from '../../dead-letters/describe-dead-letter.ts';
import { describePrediction, dryRunReplay } from '../../dead-letters/dry-run.ts';
import { createCauseGroups } from '../../dead-letters/group-by-cause.ts';
import { replay } from '../../dead-letters/replay-dead-letters.ts';
import type { MappingSettings } from '../../mapping/mapping-settings.ts';
import type { Clock } from '../../runtime/clock.ts';
import { withDeadline } from '../../runtime/deadline.ts';
import type { Random } from '../../runtime/random.ts';
import type { Log } from '../../telemetry/log.ts';
import { getPageAdvice } from './page-advice.ts';
import type { ActionReport, DeadLetterList } from './protocol.ts';

/** As many as the runbook advises to replay first. */
const CANARIES = 5;
const CANARY_TIMEOUT_SECONDS = 30;

/** Of very many dead letters, as many are counted as can be read in this time. */
export const LIST_TIMEOUT_MS = 5_000;

const MAX_SAMPLE_LENGTH = 20_000;

export type DeadLetterPorts = {
  sqs: SQSClient;
  queueUrl: string;
  deadLetterQueueUrl: string;
  mapping: MappingSettings;
  clock: Clock;
  random: Random;
  log: Log;
  signal: AbortSignal;
};

/** What the page's buttons do: the same as the `relay dlq` commands, by the same functions. */
export function createDeadLetterActions(ports: DeadLetterPorts) {
  const { signal, clock, mapping } = ports;
  // The local queue is one server, which need not be asked twice.
  const options = { signal, waitSeconds: 0 };
  let lastAction: Promise<unknown> = Promise.resolve();

  /** A reader makes what it reads invisible to others, so one action waits for the other. */
  function inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = lastAction.then(action);
    lastAction = result.catch(() => undefined);
    return result;
  }

  async function list(): Promise<DeadLetterList> {
    const groups = createCauseGroups();
    const unread = await withDeadline(clock, LIST_TIMEOUT_MS, async (timeout) => {
      const reader = createDeadLetterReader(ports, {
        ...options,
        signal: AbortSignal.any([signal, timeout]),
      });
      for await (const deadLetters of reader.batches()) deadLetters.forEach(groups.add);
      return timeout.aborted ? reader.countUnread() : 0;
    });
    const causes = groups.list().map(({ sample, types, ...cause }) => ({
      ...cause,
      types: Object.entries(types).map(([type, count]) => ({ type, count })),
      ...getPageAdvice(cause.reason),
      sample: sample.message.body.slice(0, MAX_SAMPLE_LENGTH),
      today: describePrediction(sample, mapping),
    }));
    return { causes, unread };
  }

  async function dryRun(filter: DeadLetterFilter): Promise<ActionReport> {
    const result = await dryRunReplay({ ...options, filter }, ports);
    return {
      ok: true,
      lines: [
        `${result.wouldReplay} would be replayed, as ${result.operations} operations; nothing was sent.`,
        ...result.outcomes.map(
          ({ count, today, detail }) => `${count} ${describeToday[today]}${detail && `: ${detail}`}`,
        ),
        ...describeSkipped(result.skipped),
      ],
    };
  }

  async function replayCanaries(filter: DeadLetterFilter): Promise<ActionReport> {
    const lines: string[] = [];
    const result = await sendCanaries(
      {
        replay: (onReplayed) =>
          replay(
            { ...options, filter, limit: CANARIES, onProgress: (_, replayed) => onReplayed(replayed) },
            ports,
          ),
        timeoutSeconds: CANARY_TIMEOUT_SECONDS,
        waitSeconds: 0,
        signal,
        print: async (line) => void lines.push(line),
      },
      ports,
    );
    return { ok: result.passed, lines };
  }

  async function replayAll(filter: DeadLetterFilter): Promise<ActionReport> {
    const { replayed, failed, skipped } = await replay({ ...options, filter }, ports);
    return {
      ok: failed === 0,
      lines: [
        `${replayed} replayed.`,
        ...(failed > 0 ? [`${failed} were not confirmed: replay again within 5 minutes.`] : []),
        ...describeSkipped(skipped),
      ],
    };
  }

  /** NDJSON, like `relay dlq export`. */
  async function* exportRecords(filter: DeadLetterFilter): AsyncGenerator<string> {
    for await (const deadLetters of createDeadLetterReader(ports, options).batches()) {
      const wanted = deadLetters.filter((deadLetter) => matchesFilter(deadLetter, filter));
      yield wanted.map((deadLetter) => `${JSON.stringify(toExportRecord(deadLetter))}\n`).join('');
    }
  }

  return {
    list: () => inTurn(list),
    dryRun: (filter: DeadLetterFilter) => inTurn(() => dryRun(filter)),
    replayCanaries: (filter: DeadLetterFilter) => inTurn(() => replayCanaries(filter)),
    replay: (filter: DeadLetterFilter) => inTurn(() => replayAll(filter)),
    exportRecords,
  };
}

const describeToday = {
  sent: 'would be sent to Salesmachine',
  skipped: 'would be skipped: not meant for Salesmachine',
  fails: 'would fail again',
};

const describeSkipped = ({
  not_replayable,
  replay_limit,
}: {
  not_replayable: number;
  replay_limit: number;
}) => [
  ...(not_replayable > 0 ? [`${not_replayable} stay: they are not stored as a whole.`] : []),
  ...(replay_limit > 0 ? [`${replay_limit} stay: replayed five times already.`] : []),
];
