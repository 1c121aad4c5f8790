import type { ApiResult, SalesmachinePath } from '../../salesmachine/client.ts';
import { toErrorDetail } from '../../salesmachine/error-detail.ts';
import type { LogFields } from '../../telemetry/log.ts';
import type { OperationCounts, RequestRow } from './protocol.ts';

/** The latest requests that are kept. */
const MAX_REQUESTS = 300;

/** A request that is on the way. */
type Post = { lane: number; path: SalesmachinePath; startedAt: number; operations: OperationCounts };

type AnsweredPost = Post & { text: string };

/**
 * The latest requests to Salesmachine. What was sent is known when it is sent; what the worker made of the answer, and
 * which events it was about, when it has logged it, in the order in which the answers came.
 */
export function createRequestRing(now: () => number) {
  const onTheWay = new Set<Post>();
  /** Answered and not yet logged, by lane. */
  const answered = new Map<number, AnsweredPost[]>();
  const latest: RequestRow[] = [];
  let count = 0;
  let operationCount = 0;

  return {
    /** Returns what is to be called with the answer. */
    start(lane: number, path: SalesmachinePath, json: string): (result: ApiResult) => void {
      const post: Post = { lane, path, startedAt: now(), operations: countOperations(json) };
      onTheWay.add(post);
      return (result) => {
        onTheWay.delete(post);
        const waiting = answered.get(lane) ?? [];
        answered.set(lane, [...waiting, { ...post, text: describeAnswer(result) }]);
      };
    },

    /** The worker has logged an answer. Returns the request, or nothing if it was not seen on its way. */
    complete(lane: number, fields: LogFields): RequestRow | undefined {
      const [post, ...others] = answered.get(lane) ?? [];
      answered.set(lane, others);
      if (post === undefined) return undefined;
      count += 1;
      const { account, contact, event, alias } = post.operations;
      operationCount += account + contact + event + alias;
      const row: RequestRow = {
        number: count,
        lane,
        path: post.path,
        startedAt: post.startedAt,
        durationMs: fields.durationMs ?? now() - post.startedAt,
        operations: post.operations,
        events: fields.events ?? 0,
        outcome: fields.outcome ?? '',
        status: fields.status ?? null,
        failure: fields.error ?? fields.cause ?? '',
        text: fields.outcome === 'delivered' ? '' : post.text,
      };
      latest.push(row);
      if (latest.length > MAX_REQUESTS) latest.shift();
      return row;
    },

    sending: (lane: number): number[] =>
      [...onTheWay]
        .filter((post) => post.lane === lane)
        .map(({ operations: { account, contact, event, alias } }) => account + contact + event + alias),
    latest: (): readonly RequestRow[] => latest,
    /** Requests that were answered and logged. */
    count: () => count,
    /** Operations of all requests together. */
    operationCount: () => operationCount,
  };
}

function describeAnswer(result: ApiResult): string {
  return result.kind === 'response'
    ? toErrorDetail(result.status, result.body)
    : `no answer (${result.code})`;
}

/** An item's first member; an attribute called `method` stands behind a colon, and in a text its quotes are escaped. */
const METHOD = /(?:^|[[,])\{"method":"(account|contact|event|alias)"/g;

/** By the text alone, so that nothing is parsed twice. */
function countOperations(json: string): OperationCounts {
  const counts: OperationCounts = { account: 0, contact: 0, event: 0, alias: 0 };
  for (const [, method] of json.matchAll(METHOD)) {
    if (method === 'account' || method === 'contact' || method === 'event' || method === 'alias')
      counts[method] += 1;
  }
  return counts;
}
