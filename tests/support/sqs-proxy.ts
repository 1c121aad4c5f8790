import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import * as v from 'valibot';
import { json, listen, type Reply, readHeaders } from '../../lib/local/http-server.ts';
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
export type CallResult =
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
  | { failed: readonly string[] };

export type SqsProxy = {
  endpoint: string;
  /** Every call that sends messages, in the order in which they came. */
  sendCalls: readonly SendCall[];
  /** Decides about the calls that come from now on; at first all pass. */
  decide(resultFor: (call: SendCall) => CallResult): void;
  /** Resolves once all that callers had put on the wire has arrived, also what they have given up since. */
  arrivals(): Promise<void>;
  stop(): Promise<void>;
};

/** Stands between the SDK and an SQS, and makes the faults that a real one has too rarely to be tested with. */
export async function startSqsProxy(sqsEndpoint: string, port = 0): Promise<SqsProxy> {
  const sendCalls: SendCall[] = [];
  let resultFor: (call: SendCall) => CallResult = () => 'passed';

  async function forward(request: IncomingMessage, body: Buffer | string): Promise<Reply> {
    const { 'x-amz-target': target = '', 'content-type': type = '' } = readHeaders(request);
    const response = await fetch(sqsEndpoint, {
      method: 'POST',
      headers: { 'x-amz-target': target, 'content-type': type },
      body,
    });
    return { status: response.status, headers: { 'content-type': type }, body: await response.text() };
  }

  async function send(request: IncomingMessage, body: string): Promise<Reply> {
    const call = v.parse(sendCall, body);
    sendCalls.push(call);
    const result = resultFor(call);
    if (result === 'passed') return forward(request, body);
    if (result === 'failed') return json(500, { __type: 'com.amazonaws.sqs#InternalError' });
    if (typeof result === 'object') return failEntries(call, result.failed, (rest) => forward(request, rest));
    if (result === 'lost' || result === 'stalled') await forward(request, body);
    if (result === 'held' || result === 'stalled') {
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
    sendCalls,
    decide(decision) {
      resultFor = decision;
    },
    async arrivals() {
      // A connection of its own, so it is accepted, and read, after those that were there before.
      await fetch(server.url, { headers: { connection: 'close' } });
    },
    stop: server.stop,
  };
}

const sqsResponse = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ Successful: v.array(v.unknown()), Failed: v.array(v.unknown()) }),
);

/** SQS's answer to a call of which it refuses some entries. */
async function failEntries(
  call: SendCall,
  failedIds: readonly string[],
  forward: (body: string) => Promise<Reply>,
): Promise<Reply> {
  const Entries = call.Entries.filter(({ Id }) => !failedIds.includes(Id));
  const failures = call.Entries.filter(({ Id }) => failedIds.includes(Id)).map(({ Id }) => ({
    Id,
    Code: 'InternalError',
    SenderFault: false,
  }));
  if (Entries.length === 0) return json(200, { Successful: [], Failed: failures });
  const reply = await forward(JSON.stringify({ ...call, Entries }));
  const { Successful, Failed } = v.parse(sqsResponse, reply.body);
  return json(200, { Successful, Failed: [...Failed, ...failures] });
}
