import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import * as v from 'valibot';
import { headersOf, json, listen, type Reply } from '../../lib/local/http-server.ts';
import { until } from './until.ts';

const sendCall = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({
    QueueUrl: v.string(),
    Entries: v.array(v.looseObject({ Id: v.string(), MessageBody: v.string() })),
  }),
);

/** A call that sends messages, on its way to SQS. */
export type SendCall = v.InferOutput<typeof sendCall>;

/** What becomes of a call. */
export type Fate =
  /** SQS answers it. */
  | 'passed'
  /** An error of SQS's own, 500: it takes nothing. */
  | 'failed'
  /** The connection breaks before SQS hears of it. */
  | 'cut'
  /** The connection breaks after SQS has taken it. */
  | 'lost'
  /** Neither SQS nor the caller hears anything, until the caller goes away. */
  | 'held'
  /** SQS has taken it, but the caller hears nothing. */
  | 'stalled'
  /** SQS refuses the entries with these ids, and takes the others. */
  | { refused: readonly string[] };

export type SqsProxy = {
  endpoint: string;
  /** Every call that sends messages, in the order in which they came. */
  calls: readonly SendCall[];
  /** Decides about the calls that come from now on; at first all pass. */
  decide(fateOf: (call: SendCall) => Fate): void;
  /** Resolves once all that callers had put on the wire has arrived, also what they have given up since. */
  arrivals(): Promise<void>;
  stop(): Promise<void>;
};

/** Stands between the SDK and an SQS, and makes the faults that a real one has too rarely to be tested with. */
export async function startSqsProxy(sqsEndpoint: string, port = 0): Promise<SqsProxy> {
  const calls: SendCall[] = [];
  let fateOf: (call: SendCall) => Fate = () => 'passed';

  async function forward(request: IncomingMessage, body: Buffer | string): Promise<Reply> {
    const { 'x-amz-target': target = '', 'content-type': type = '' } = headersOf(request);
    const answer = await fetch(sqsEndpoint, {
      method: 'POST',
      headers: { 'x-amz-target': target, 'content-type': type },
      body,
    });
    return { status: answer.status, headers: { 'content-type': type }, body: await answer.text() };
  }

  async function send(request: IncomingMessage, body: string): Promise<Reply> {
    const call = v.parse(sendCall, body);
    calls.push(call);
    const fate = fateOf(call);
    if (fate === 'passed') return forward(request, body);
    if (fate === 'failed') return json(500, { __type: 'com.amazonaws.sqs#InternalError' });
    if (typeof fate === 'object') return without(call, fate.refused, (rest) => forward(request, rest));
    if (fate === 'lost' || fate === 'stalled') await forward(request, body);
    if (fate === 'held' || fate === 'stalled') {
      await until('the caller gives up', () => request.socket.destroyed);
    }
    throw new Error('The connection is broken on purpose.');
  }

  const server = await listen(async (request) => {
    if (request.method === 'GET') return json(200, {});
    const body = await buffer(request);
    const isSend = request.headers['x-amz-target'] === 'AmazonSQS.SendMessageBatch';
    return isSend ? send(request, body.toString()) : forward(request, body);
  }, port);

  return {
    endpoint: server.url,
    calls,
    decide(decision) {
      fateOf = decision;
    },
    async arrivals() {
      // A connection of its own, so it is accepted, and read, after those that were there before.
      await fetch(server.url, { headers: { connection: 'close' } });
    },
    stop: server.stop,
  };
}

const answerOfSqs = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ Successful: v.array(v.unknown()), Failed: v.array(v.unknown()) }),
);

/** SQS's answer to a call of which it refuses some entries. */
async function without(
  call: SendCall,
  refused: readonly string[],
  forward: (body: string) => Promise<Reply>,
): Promise<Reply> {
  const Entries = call.Entries.filter(({ Id }) => !refused.includes(Id));
  const failures = call.Entries.filter(({ Id }) => refused.includes(Id)).map(({ Id }) => ({
    Id,
    Code: 'InternalError',
    SenderFault: false,
  }));
  if (Entries.length === 0) return json(200, { Successful: [], Failed: failures });
  const reply = await forward(JSON.stringify({ ...call, Entries }));
  const { Successful, Failed } = v.parse(answerOfSqs, reply.body);
  return json(200, { Successful, Failed: [...Failed, ...failures] });
}
