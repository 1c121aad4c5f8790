import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { metricsByMessage } from '../../lib/telemetry/metrics.ts';
import { parseTemplate, type Template } from '../support/template.ts';
import { alarmCases, metricValues } from './alarm-cases.ts';
import { alarmMetrics, isCrossed, readAlarms } from './cloudwatch.ts';
import { packageService } from './package.ts';

const directory = mkdtempSync(join(tmpdir(), 'relay-alarms-'));
let template: Template;

beforeAll(async () => {
  const { documents } = await packageService(directory, 'prod', {});
  template = parseTemplate(documents.get('cloudformation-template-update-stack.json') ?? '');
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true }));

describe('an alarm', () => {
  const nameOf = (name: string) => name.replace('segment-salesmachine-relay-prod-', '');

  test('each is named in the README, and no other', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const section = readme.split(/^## /m).find((each) => each.startsWith('Alarms\n')) ?? '';
    const named = [...section.matchAll(/`([a-z]+(?:-[a-z]+)*)`/g)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(
      readAlarms(template)
        .map(({ name }) => nameOf(name))
        .toSorted(),
    );
  });

  test('each is known here, and none is left over', () => {
    const names = readAlarms(template).map(({ name }) => nameOf(name));
    expect(names.toSorted()).toEqual(Object.keys(alarmCases).toSorted());
  });

  test.each(Object.entries(alarmCases))(
    '%s fires when it must, and not before',
    (name, { fires, staysSilent }) => {
      const alarm = readAlarms(template).find((other) => nameOf(other.name) === name);
      if (!alarm) throw new Error(`the template has no alarm ${name}`);
      expect(isCrossed(alarm, metricValues(fires))).toBe(true);
      expect(isCrossed(alarm, metricValues(staysSilent))).toBe(false);
      expect(isCrossed(alarm, {})).toBe(false);
    },
  );

  test.each(Object.entries(alarmCases))(
    '%s: a line of ours makes it fire, or it says why none can',
    (name, { fires, writtenByAws }) => {
      const alarm = readAlarms(template).find((other) => nameOf(other.name) === name);
      if (!alarm) throw new Error(`the template has no alarm ${name}`);
      const isOurs = alarmMetrics(alarm).some(
        ({ namespace, key }) => !namespace.startsWith('AWS/') && key !== 'TooLarge',
      );
      expect({ hasLines: Boolean(fires.lines), isExcused: Boolean(writtenByAws) }).toEqual({
        hasLines: isOurs,
        isExcused: !isOurs,
      });
    },
  );
});

test('every line that yields a metric is one that the code writes', () => {
  const root = resolve(import.meta.dirname, '../..');
  const sources = ['handlers', 'lib/delivery', 'lib/ingest', 'lib/sqs', 'lib/dead-letters']
    .flatMap((room) => readdirSync(join(root, room)).map((file) => join(root, room, file)))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
  for (const message of Object.keys(metricsByMessage)) expect(sources).toContain(`'${message}'`);
});
