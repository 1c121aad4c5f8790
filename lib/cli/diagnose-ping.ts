import * as v from 'valibot';
import { type Diagnosis, diagnose } from './diagnosis.ts';

/** What a ping says of the credential and of the quota; null is what Salesmachine did not say. */
export const pingSchema = v.object({
  outcome: v.string(),
  status: v.nullable(v.number()),
  /** Why there was no answer. */
  failure: v.nullable(v.string()),
  text: v.nullable(v.string()),
  limit: v.nullable(v.number()),
  remaining: v.nullable(v.number()),
  resetsInSeconds: v.nullable(v.number()),
});

export type Ping = v.InferOutput<typeof pingSchema>;

export const hasPassed = ({ outcome }: Pick<Ping, 'outcome'>): boolean => outcome === 'delivered';

/** What is wrong if a ping did not pass. By its outcome, for a refusal with any status is about the credential. */
export function diagnosePing(ping: Ping): Diagnosis {
  const isRefusal = ping.outcome === 'credential';
  const { problem, advice } = diagnose({ ...ping, status: isRefusal ? 401 : ping.status });
  return { problem: isRefusal ? problem.replace('(401)', `(${ping.status})`) : problem, advice };
}
