import { isDeepStrictEqual } from 'node:util';
import type { Template } from '../support/template.ts';
import {
  alarmMetrics,
  dashboardAlarms,
  dashboardMetrics,
  type MetricReference,
  readAlarms,
} from './cloudwatch.ts';
import { emittedMetrics } from './emitted-metrics.ts';
import { property, type Rule, valuesOf } from './template-rule.ts';

const dashboardBody = (template: Template) => String(property(template, 'Dashboard.DashboardBody.Fn::Sub'));

/** What API Gateway's access log is counted by. */
const filteredMetrics = (template: Template) =>
  new Set(
    valuesOf(template, 'AWS::Logs::MetricFilter', 'MetricTransformations.0.MetricName').map(([, name]) =>
      String(name),
    ),
  );

/** Metrics of ours that are never written, or that are looked for in another namespace than they are written to. */
function findUnknownMetrics(
  template: Template,
  metrics: readonly MetricReference[],
  where: string,
): string[] {
  const filtered = filteredMetrics(template);
  const namespace = property(template, 'WorkerLambdaFunction.Environment.Variables.METRICS_NAMESPACE');
  return metrics
    .filter((metric) => !metric.namespace.startsWith('AWS/'))
    .filter(
      (metric) =>
        metric.namespace !== namespace || !(emittedMetrics.has(metric.key) || filtered.has(metric.key)),
    )
    .map((metric) => `${where}: ${metric.namespace} ${metric.key}`);
}

/** Counts for alarms. The dashboard shows these alarms, and of the pauses how long they were. */
const ALARMS_ONLY = ['DeliveryPauses', 'UnexpectedErrors'];

const notifications = [
  { 'Fn::If': ['HasAlarmTopicArn', '', { Ref: 'AWS::NoValue' }] },
  { 'Fn::If': ['HasAlarmEmail', { Ref: 'AlarmTopic' }, { Ref: 'AWS::NoValue' }] },
];

export const metricRules = {
  'every metric of an alarm is one that is written': (template) =>
    readAlarms(template).flatMap((alarm) => findUnknownMetrics(template, alarmMetrics(alarm), alarm.name)),

  'every metric of the dashboard is one that is written': (template) =>
    findUnknownMetrics(template, dashboardMetrics(dashboardBody(template)), 'dashboard'),

  'the dashboard shows every alarm': (template) => {
    const shown = dashboardAlarms(dashboardBody(template));
    const ids = valuesOf(template, 'AWS::CloudWatch::Alarm', 'AlarmName').map(([id]) => id);
    return [...ids.filter((id) => !shown.includes(id)), ...shown.filter((id) => !ids.includes(id))];
  },

  'the dashboard shows every metric that is written, but for those that only alarms read': (template) => {
    const shown = new Set(dashboardMetrics(dashboardBody(template)).map(({ key }) => key));
    return [...emittedMetrics].filter(
      (key) => !shown.has(key) && !ALARMS_ONLY.some((name) => key.startsWith(name)),
    );
  },

  'an alarm says what to do first, and notifies the address and the topic that are given': (template) => [
    ...readAlarms(template)
      .filter(({ description }) => !/\. First: \S/.test(description) || description.length > 1_024)
      .map(({ name }) => name),
    ...['AlarmActions', 'OKActions'].flatMap((actions) =>
      valuesOf(template, 'AWS::CloudWatch::Alarm', actions)
        .filter(([, action]) => !isDeepStrictEqual(action, notifications))
        .map(([id]) => `${id}.${actions}`),
    ),
    ...(property(template, 'AlarmEmail.TopicArn.Ref') === 'AlarmTopic' ? [] : ['AlarmEmail.TopicArn']),
  ],

  'the dashboards of two regions have two names': (template) => {
    const name = property(template, 'Dashboard.DashboardName.Fn::Sub');
    return String(name).endsWith('AWS::Region}') ? [] : [`the dashboard is ${name}`];
  },

  'the ingest and the worker write to one namespace': (template) => {
    const path = 'Environment.Variables.METRICS_NAMESPACE';
    const [ingest, worker] = ['IngestLambdaFunction', 'WorkerLambdaFunction'].map((id) =>
      property(template, `${id}.${path}`),
    );
    return ingest && ingest === worker ? [] : [`${ingest} and ${worker}`];
  },
} satisfies Record<string, Rule>;
