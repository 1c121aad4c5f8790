import * as v from 'valibot';
import { settings } from '../../lib/config/settings.ts';
import { DEAD_LETTER_TIMEOUT_MS } from '../../lib/dead-letters/dead-letter-writer.ts';
import { outageDelaySeconds } from '../../lib/delivery/backoff.ts';
import {
  MAPPING_BATCH_SIZE,
  MAX_WAIT_MS,
  RECEIVE_WINDOW_MS,
  SETTLE_RESERVE_MS,
} from '../../lib/delivery/invocation.ts';
import { MAX_OPERATIONS, MAX_REQUEST_BYTES } from '../../lib/delivery/request.ts';
import { DEADLINE_MS, LARGE_REQUEST_DEADLINE_MS } from '../../lib/ingest/enqueue.ts';
import { REQUEST_TIMEOUT_MS } from '../../lib/salesmachine/client.ts';
import { MAX_SHARED_BYTES } from '../../lib/segment/split-request.ts';
import { MAX_MESSAGE_BYTES } from '../../lib/sqs/sqs-limits.ts';
import type { Template } from '../support/template.ts';
import { property, type Rule, valuesOf } from './template-rule.ts';

/** The code's numbers that the template's must fit; a test passes others to show that a rule notices. */
export const constants = {
  maxWaitMs: MAX_WAIT_MS,
  settleReserveMs: SETTLE_RESERVE_MS,
  receiveWindowMs: RECEIVE_WINDOW_MS,
  requestMs: REQUEST_TIMEOUT_MS,
  deadLetterTimeoutMs: DEAD_LETTER_TIMEOUT_MS,
  ingestDeadlineMs: DEADLINE_MS,
  largeRequestDeadlineMs: LARGE_REQUEST_DEADLINE_MS,
  /** How long a message stays away at the least, once Salesmachine is out of reach for long. */
  longestReleaseSeconds: outageDelaySeconds(14 * 86_400_000, () => 0),
  mappingBatchSize: MAPPING_BATCH_SIZE,
  operations: MAX_OPERATIONS,
  requestBytes: MAX_REQUEST_BYTES,
  messageBytes: MAX_MESSAGE_BYTES,
  /** What a batch's context may become, copied into each of its events. */
  sharedBytes: MAX_SHARED_BYTES,
};

export type Constants = typeof constants;

/** Segment's classic webhooks wait so long for an answer. Source: Segment's documentation. */
const SEGMENT_WAITS_MS = 5_000;
/** The same of its newer webhooks, the only ones that carry more than one event, and of its SDKs. */
const SEGMENT_WAITS_FOR_BATCHES_MS = 10_000;

/** The most that an event may have, and that API Gateway passes on to Lambda. Sources: Segment's, Lambda's limits. */
const EVENT_BYTES = 32 * 1_024;
const LAMBDA_BYTES = 6 * 1_024 * 1_024;

/** What a function has in memory before it holds an event, measured. */
const IDLE_BYTES = 100_000_000;
/** Measured, too: events are there as text, parsed, as operations or messages, on their way, and as garbage. */
const COPIES = 5;

/** What docs/connect-segment.md asks for. */
const WEBHOOK_BATCH = 100;

const milliseconds = (template: Template, path: string) => 1_000 * Number(property(template, path));

/** What each says must hold; the first says it in words that a person can check. */
const check = (condition: boolean, problem: string) => (condition ? [] : [problem]);

/** What must hold between the template's numbers and the code's. */
export const timingRules = {
  'an invocation ends before its time-out, whatever it waits for': (template, code = constants) => {
    const timeout = milliseconds(template, 'WorkerLambdaFunction.Timeout');
    return [
      ...check(
        code.maxWaitMs + code.requestMs < timeout,
        `${code.maxWaitMs} + ${code.requestMs} ms is not under ${timeout} ms`,
      ),
      ...check(
        code.requestMs + code.deadLetterTimeoutMs < code.settleReserveMs,
        `the last request and its dead letters take more than ${code.settleReserveMs} ms`,
      ),
      ...check(code.receiveWindowMs < timeout - code.settleReserveMs, 'filling goes on into the reserve'),
    ];
  },

  'a message is dropped for its age before it is for its receives, however long Salesmachine is away': (
    template,
    code = constants,
  ) => {
    const receives = Number(property(template, 'Queue.RedrivePolicy.maxReceiveCount'));
    const retention = Number(property(template, 'Queue.MessageRetentionPeriod'));
    const seconds = receives * (code.longestReleaseSeconds + code.maxWaitMs / 1_000);
    return check(seconds >= retention, `${receives} receives last ${seconds} s, not ${retention} s`);
  },

  'there are two to ten lanes, as many for the mapping as for the pacer': (template) => {
    const lanes = Number(property(template, 'WorkerLambdaFunction.Environment.Variables.LANES'));
    const mapped = property(template, 'WorkerEventSourceMappingSQSQueue.ScalingConfig.MaximumConcurrency');
    const takes = (value: string) => v.safeParse(settings.LANES.schema, value).success;
    return [
      ...check(takes(String(lanes)), `LANES is ${lanes}`),
      ...check(!takes('1') && takes('2') && takes('10') && !takes('11'), 'LANES takes other numbers'),
      ...check(lanes === mapped, `${lanes} lanes in the pacer, ${mapped} in the mapping`),
    ];
  },

  'the ingest answers before Segment, Lambda and API Gateway give it up, in this order': (
    template,
    code = constants,
  ) => {
    const timeout = milliseconds(template, 'IngestLambdaFunction.Timeout');
    const gateways = valuesOf(template, 'AWS::ApiGatewayV2::Integration', 'TimeoutInMillis').map(
      ([, ms]) => ms,
    );
    return [
      ...check(code.ingestDeadlineMs < SEGMENT_WAITS_MS, `Segment waits ${SEGMENT_WAITS_MS} ms`),
      ...check(
        code.largeRequestDeadlineMs < SEGMENT_WAITS_FOR_BATCHES_MS,
        `Segment waits ${SEGMENT_WAITS_FOR_BATCHES_MS} ms for batches`,
      ),
      ...check(
        Math.max(code.ingestDeadlineMs, code.largeRequestDeadlineMs) < timeout,
        `the function has ${timeout} ms`,
      ),
      ...check(
        gateways.length > 0 && gateways.every((ms) => Number(ms) > timeout),
        `API Gateway waits ${gateways} ms`,
      ),
    ];
  },

  'a webhook, a message and a request hold what is put into them': (template, code = constants) => {
    const batch = property(template, 'WorkerEventSourceMappingSQSQueue.BatchSize');
    return [
      ...check((WEBHOOK_BATCH * EVENT_BYTES * 4) / 3 < LAMBDA_BYTES, 'a webhook of 100 events is too large'),
      ...check(EVENT_BYTES < code.messageBytes, 'an event does not fit into a message'),
      ...check(EVENT_BYTES < code.requestBytes, 'an event does not fit into a request'),
      ...check(code.operations <= 100, 'Salesmachine takes 100 operations a request'),
      ...check(
        batch === code.mappingBatchSize,
        `the mapping hands over ${batch}, the lane expects ${code.mappingBatchSize}`,
      ),
    ];
  },

  'the functions have memory for the most that they hold at once': (template, code = constants) => {
    const held = {
      IngestLambdaFunction: code.sharedBytes,
      WorkerLambdaFunction: code.operations * code.requestBytes,
    };
    return Object.entries(held).flatMap(([id, bytes]) => {
      const memory = 1_024 ** 2 * Number(property(template, `${id}.MemorySize`));
      const needed = IDLE_BYTES + COPIES * bytes;
      return check(needed < memory, `${id} has ${memory} bytes and needs ${needed}`);
    });
  },
} satisfies Record<string, (template: Template, code?: Constants) => ReturnType<Rule>>;
