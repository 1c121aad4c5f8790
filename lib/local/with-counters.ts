import * as v from 'valibot';
import type { Salesmachine } from '../salesmachine/client.ts';
import type { HttpFunction } from './aws/local-api-gateway.ts';

/** What the ingest answers once it has taken a request. */
const ingestAnswer = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ accepted: v.number(), skipped: v.number() }),
);

/** The same ingest, counting the events that its answers tell of. */
export function countEvents(ingest: HttpFunction) {
  let accepted = 0;
  let skipped = 0;
  const invoke: HttpFunction = async (event, context) => {
    const answer = await ingest(event, context);
    const result = v.safeParse(ingestAnswer, answer.body);
    if (result.success) {
      accepted += result.output.accepted;
      skipped += result.output.skipped;
    }
    return answer;
  };
  return { invoke, counts: () => ({ accepted, skipped }) };
}

/** The same Salesmachine, counting requests and answers of 429. */
export function countRequests(salesmachine: Salesmachine) {
  let requests = 0;
  let throttled = 0;
  const post: Salesmachine['post'] = async (path, json, signal) => {
    requests += 1;
    const answer = await salesmachine.post(path, json, signal);
    if (answer.kind === 'response' && answer.status === 429) throttled += 1;
    return answer;
  };
  return { ...salesmachine, post, counts: () => ({ requests, throttled }) };
}
