import { describe, expect, test } from '@jest/globals';
import { createLambdaContext } from '../../../lib/local/aws/lambda-context.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { SettingsError } from '../../../lib/runtime/errors.ts';
import { withInvocation } from '../../../lib/runtime/invocation-context.ts';
import type { JsonObject } from '../../../lib/runtime/json.ts';
import { errorFields } from '../../../lib/telemetry/error-fields.ts';
import { createLog, type Log, type LogSettings } from '../../../lib/telemetry/log.ts';
import type { Level } from '../../../lib/telemetry/log-level.ts';
import { captureOutput } from '../../support/output.ts';

const NOW = 1_767_225_600_000;
const clock = { ...systemClock, now: () => NOW };

/** What a log with these settings writes. */
function writeLines(
  write: (log: Log) => void,
  settings: Partial<LogSettings> = {},
  random = () => 0.5,
): JsonObject[] {
  const output = captureOutput();
  const all = { level: 'info', infoSampleRate: 1, namespace: 'relay/dev', ...settings } as const;
  write(createLog('worker', all, clock, random));
  return output.objects();
}

describe('a line', () => {
  test('is one JSON object with its message, its fields and its metrics', () => {
    const lines = writeLines((log) => log.info('events queued', { accepted: 3, skipped: 1 }));
    expect(lines).toMatchObject([
      {
        level: 'INFO',
        service: 'worker',
        message: 'events queued',
        accepted: 3,
        skipped: 1,
        Accepted: 3,
        _aws: { Timestamp: NOW, CloudWatchMetrics: [{ Namespace: 'relay/dev' }] },
      },
    ]);
  });

  test('without a namespace has no metrics', () => {
    const output = captureOutput();
    createLog('worker', undefined, clock).info('events queued', { accepted: 3 });
    const [line] = output.objects();
    expect(line).toMatchObject({ accepted: 3 });
    expect(Object.keys(line ?? {})).not.toContain('_aws');
    expect(Object.keys(line ?? {})).not.toContain('Accepted');
  });

  test('holds nothing that is not named', () => {
    const fields: Record<string, unknown> = { cause: 'rotation', traits: { email: 'anna@example.com' } };
    const lines = writeLines((log) => log.warn('authentication failed', { ...fields }));
    expect(JSON.stringify(lines)).toContain('rotation');
    expect(JSON.stringify(lines)).not.toContain('anna');
  });

  test('bears the ids of the invocation that it is written in, beside one of another', async () => {
    const output = captureOutput();
    const log = createLog('worker', undefined, clock);
    const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const run = withInvocation(async (index: number) => {
      await ends[index]?.promise;
      log.info('pause elapsed', { pausedMs: index });
    });
    const contexts = ['0a1b2c3d', '4e5f6a7b'].map((lane) =>
      createLambdaContext('worker', 90_000, clock, `2026/01/01/[$LATEST]${lane}`),
    );
    const runs = contexts.map((context, index) => run(index, context));
    ends[1]?.resolve();
    ends[0]?.resolve();
    await Promise.all(runs);
    log.info('pause elapsed', { pausedMs: 2 });

    expect(output.objects().map(({ pausedMs, requestId, lane }) => ({ pausedMs, requestId, lane }))).toEqual([
      { pausedMs: 1, requestId: contexts[1]?.awsRequestId, lane: '4e5f6a7b' },
      { pausedMs: 0, requestId: contexts[0]?.awsRequestId, lane: '0a1b2c3d' },
      { pausedMs: 2, requestId: undefined, lane: undefined },
    ]);
  });
});

describe('what is not written', () => {
  const messagesAt = (level: Level) =>
    writeLines(
      (log) => {
        log.debug('delivery resumed', {});
        log.info('further events queued', {});
        log.warn('SQS receive failed', {});
        log.error('worker failed', {});
      },
      { level },
    ).map(({ message }) => message);

  test('is what is below the level', () => {
    expect(messagesAt('debug')).toEqual([
      'delivery resumed',
      'further events queued',
      'SQS receive failed',
      'worker failed',
    ]);
    expect(messagesAt('info')).toEqual(['further events queued', 'SQS receive failed', 'worker failed']);
    expect(messagesAt('warn')).toEqual(['SQS receive failed', 'worker failed']);
    expect(messagesAt('error')).toEqual(['worker failed']);
  });

  test('is counted all the same', () => {
    const lines = writeLines(
      (log) => log.info('pause elapsed', { cause: 'outage', pausedMs: 700, lane: 'a' }),
      {
        level: 'error',
      },
    );
    expect(lines).toEqual([
      {
        cause: 'outage',
        PauseTime: 700,
        _aws: {
          Timestamp: NOW,
          CloudWatchMetrics: [
            {
              Namespace: 'relay/dev',
              Dimensions: [['cause']],
              Metrics: [{ Name: 'PauseTime', Unit: 'Milliseconds' }],
            },
          ],
        },
      },
    ]);
  });

  test('is a sample of success, and never a warning', () => {
    const draws = [0.05, 0.5, 0.15, 0.09];
    const lines = writeLines(
      (log) => {
        for (let index = 0; index < 4; index += 1) log.info('events queued', { accepted: index });
        log.warn('authentication failed', { cause: 'rotation' });
      },
      { infoSampleRate: 0.1 },
      () => draws.shift() ?? 0.9,
    );
    expect(lines.map(({ message, Accepted }) => [message, Accepted])).toEqual([
      ['events queued', 0],
      [undefined, 1],
      [undefined, 2],
      ['events queued', 3],
      ['authentication failed', undefined],
    ]);
  });
});

describe('an error', () => {
  test('is named by its class, because its message may quote an event', () => {
    expect(errorFields(new TypeError('anna@example.com is no function'))).toEqual({ error: 'TypeError' });
    expect(errorFields('anna@example.com')).toEqual({ error: 'unknown' });
  });

  test('of the settings has its message, which quotes no value', () => {
    expect(errorFields(new SettingsError('LANES must be a number'))).toEqual({
      error: 'SettingsError',
      problem: 'LANES must be a number',
    });
  });
});
