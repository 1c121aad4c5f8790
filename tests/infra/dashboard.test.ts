import { expect, test } from '@jest/globals';
import type { Template } from '../support/template.ts';
import { metricValues } from './alarm-cases.ts';
import { dashboardValues } from './cloudwatch-dashboard.ts';
import { property } from './template-rule.ts';
import { usePackage } from './use-package.ts';

let template: Template;

usePackage(
  'prod',
  { RATE_LIMIT_REQUESTS: '600' },
  (packaged) => {
    template = packaged.template;
  },
  'settings: { RATE_LIMIT_REQUESTS: 700, RATE_LIMIT_WINDOW_SECONDS: 60 }',
);

const request = {
  outcome: 'delivered',
  operations: 100,
  events: 90,
  received: 50,
  waitMs: 300,
  durationMs: 200,
  oldestAgeMs: 2_000,
  remaining: 598,
};

test('each number on the dashboard is what its title and its label say', () => {
  const values = metricValues({
    lines: [
      ['events queued', { accepted: 7 }],
      ['events queued', { accepted: 5 }],
      ['events skipped', { cause: 'excluded', events: 2 }],
      ['events skipped', { cause: 'excluded', events: 1 }],
      ['events not queued', {}],
      ['events not queued', {}],
      ['authentication failed', { cause: 'rotation', status: 503 }],
      ['authentication failed', { cause: 'rotation', status: 503 }],
      ['request completed', request],
      [
        'request completed',
        { ...request, operations: 50, events: 40, received: 10, oldestAgeMs: 4_000, remaining: 597 },
      ],
      ['request completed', { outcome: 'conflict', waitMs: 900, durationMs: 800 }],
      ['invocation settled', { delivered: 6, released: 4, oldestLeftMs: 90_000 }],
      ['invocation settled', { delivered: 3, released: 1, oldestLeftMs: 30_000 }],
      ['pause elapsed', { cause: 'outage', pausedMs: 30_000 }],
      ['pause elapsed', { cause: 'outage', pausedMs: 15_000 }],
      ['dead letter written', { reason: 'rejected', events: 3 }],
      ['dead letter written', { reason: 'rejected', events: 1 }],
      ['delivered messages not deleted', { cause: 'not_deleted', messages: 1 }],
      ['delivered messages not deleted', { cause: 'not_deleted', messages: 2 }],
    ],
    aws: {
      'AWS/SQS ApproximateAgeOfOldestMessage QueueName=Queue': [12, 20],
      'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=Queue': [5, 8],
      'AWS/SQS ApproximateNumberOfMessagesNotVisible QueueName=Queue': [1, 9],
      'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=DeadLetterQueue': [2, 3],
      'AWS/ApiGateway Latency ApiId=HttpApi': [20, 40],
      TooLarge: [1, 1],
    },
  });
  const body = String(property(template, 'Dashboard.DashboardBody.Fn::Sub'));

  expect(dashboardValues(body, values)).toEqual({
    'Events in and out, a minute': { accepted: 12, delivered: 9, 'released to the queue': 5 },
    'Age of events, seconds': {
      'at delivery, 99 % are younger': 4,
      'oldest that was released': 90,
      'oldest in the queue': 20,
    },
    'Events in the queues': { waiting: 8, 'with the worker, or put off': 9, 'dead letters': 3 },
    // Three requests in 300 s; 600 are allowed in 60 s, which is 3,000.
    'Quota used, per cent, and requests left': {
      'of what Salesmachine allows': 0.1,
      'requests left, as Salesmachine counts': 597,
    },
    'How full requests are': { operations: 75, events: 65, 'events received while waiting': 30 },
    'Answers of Salesmachine, a minute': { delivered: 2, 'conflict (409, 423, other 4xx)': 1 },
    'Dead letters by reason': { rejected: 4 },
    'Pause time by cause, seconds': { outage: 45 },
    'Latency, milliseconds, 99 % are below': {
      'our answer to Segment': 40,
      "Salesmachine's answer to us": 800,
      'wait for a slot': 900,
    },
    'Skipped by cause': { excluded: 3 },
    'Requests not taken in, by cause': {
      rotation: 2,
      'the queue was too slow': 2,
      'too large (413)': 2,
    },
    'Events that may arrive twice, by cause': { not_deleted: 3 },
  });
});
