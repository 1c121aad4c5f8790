import { isDeepStrictEqual } from 'node:util';
import { settings } from '../../lib/config/settings.ts';
import { at, type Template } from '../support/template.ts';
import { alarmMetrics, readAlarms } from './cloudwatch-alarms.ts';
import { dashboardAlarms, dashboardMetrics, dashboardValues, metricWidgets } from './cloudwatch-dashboard.ts';
import type { MetricReference } from './cloudwatch-metrics.ts';
import { emittedMetrics } from './emitted-metrics.ts';
import { findDifference, hasProperties, idsOf, property, type Rule, valuesOf } from './template-rule.ts';

const dashboardBody = (template: Template) => String(property(template, 'Dashboard.DashboardBody.Fn::Sub'));

/** What API Gateway's access log is counted by in a namespace; with dimensions it would be another metric. */
const filteredMetrics = (template: Template, namespace: unknown) =>
  new Set(
    valuesOf(template, 'AWS::Logs::MetricFilter', 'MetricTransformations.0')
      .filter(([, metric]) => at(metric, 'MetricNamespace') === namespace && !at(metric, 'Dimensions'))
      .map(([, metric]) => String(at(metric, 'MetricName'))),
  );

/** Metrics of ours that are never written, or that are looked for in another namespace than they are written to. */
function findUnknownMetrics(
  template: Template,
  metrics: readonly MetricReference[],
  where: string,
): string[] {
  const namespace = property(template, 'WorkerLambdaFunction.Environment.Variables.METRICS_NAMESPACE');
  const filtered = filteredMetrics(template, namespace);
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
    const ids = idsOf(template, 'AWS::CloudWatch::Alarm');
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
    ...hasProperties({
      'AlarmEmail.TopicArn': { Ref: 'AlarmTopic' },
      'AlarmEmail.Protocol': 'email',
      'AlarmEmail.FilterPolicy': undefined,
      // CloudWatch may not use AWS's own key of SNS: it could publish nothing.
      'AlarmTopic.KmsMasterKeyId': undefined,
    })(template),
  ],

  "a widget has the metrics of the stage's region, and what it counts a minute, it adds up by the minute": (
    template,
  ) =>
    metricWidgets(dashboardBody(template))
      .filter(
        ({ title, region, period }) =>
          region !== `\${AWS::Region}` || (title.endsWith('a minute') && period !== 60),
      )
      .map(({ title }) => title),

  'the quota on the dashboard is the one that the worker spends': (template) => {
    const read = (name: 'RATE_LIMIT_REQUESTS' | 'RATE_LIMIT_WINDOW_SECONDS') =>
      Number(
        property(template, `WorkerLambdaFunction.Environment.Variables.${name}`) || settings[name].default,
      );
    const title = 'Quota used, per cent, and requests left';
    const period = metricWidgets(dashboardBody(template)).find((widget) => widget.title === title)?.period;
    const requests = (read('RATE_LIMIT_REQUESTS') / read('RATE_LIMIT_WINDOW_SECONDS')) * Number(period);
    const shown = dashboardValues(dashboardBody(template), { Requests: [requests] })[title];
    return findDifference(shown, { 'of what Salesmachine allows': 100 }, 'all of the quota');
  },

  'the dashboards of two regions have two names': (template) => {
    const name = property(template, 'Dashboard.DashboardName.Fn::Sub');
    return String(name).endsWith('AWS::Region}') ? [] : [`the dashboard is ${name}`];
  },
} satisfies Record<string, Rule>;
