/**
 * AWS's prices in US dollars, us-east-1, as of 2026-01, without the free tier. Sources: the pricing pages of the
 * services.
 */
export const PRICES = {
  /** HTTP API, a million requests. */
  httpApi: 1.0,
  /** Lambda, a million invocations. */
  invocations: 0.2,
  /** Lambda on arm64, a GB-second. */
  gigabyteSecond: 0.000_013_333_4,
  /** SQS FIFO, a million calls of up to 64 KB. */
  sqs: 0.5,
  /** CloudWatch Logs, a GB taken in. */
  logs: 0.5,
  /** CloudWatch, one custom metric for a month. */
  metric: 0.3,
  /** CloudWatch, one metric of an alarm for a month. */
  alarmMetric: 0.1,
  /** CloudWatch, a dashboard for a month. */
  dashboard: 3.0,
} as const;
