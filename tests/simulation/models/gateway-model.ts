import { createLambdaContext } from '../../../lib/local/aws/lambda-context.ts';
import type { HttpFunction } from '../../../lib/local/aws/local-api-gateway.ts';
import type { Random } from '../../../lib/runtime/random.ts';
import { createHttpEvent } from '../../support/http-event.ts';
import type { VirtualTime } from '../../support/virtual-time.ts';
import { activeFault, type FaultWindow } from './fault-window.ts';
import { createSandbox, noSalesmachine, type Sandbox } from './sandbox.ts';
import type { Post } from './segment-model.ts';
import type { SqsHandler } from './sqs-client.ts';

export type GatewayOptions = {
  time: VirtualTime;
  random: Random;
  sqs: SqsHandler;
  createIngest: (sandbox: Sandbox) => HttpFunction;
  functionTimeoutMs: number;
  /** Headers that let the webhook in. */
  authorize: (body: string) => Record<string, string>;
  /** When the ingest's process dies in the middle of a request. */
  crashes: readonly FaultWindow<'crash'>[];
};

/** After this Segment takes a webhook for failed. */
const ANSWER_TIMEOUT_MS = 5_000;

/** API Gateway and Lambda in front of the ingest: one process for each request that is being answered. */
export function createGateway(options: GatewayOptions): Post {
  const { time, random, sqs, createIngest, functionTimeoutMs, authorize, crashes } = options;
  const start = time.now();
  const idle: { sandbox: Sandbox; ingest: HttpFunction }[] = [];

  const create = () => {
    const sandbox = createSandbox({ time, sqs, salesmachine: noSalesmachine });
    return { sandbox, ingest: createIngest(sandbox) };
  };

  const respond = async (body: string): Promise<number> => {
    const instance = idle.pop() ?? create();
    const { sandbox, ingest } = instance;
    if (activeFault(crashes, time.now() - start, random)) time.schedule(random() * 20, sandbox.kill);
    const event = createHttpEvent(body, { 'content-type': 'application/json', ...authorize(body) });
    const context = createLambdaContext('ingest', functionTimeoutMs, time);
    const result = await sandbox.invoke(() => ingest(event, context), functionTimeoutMs);
    if (sandbox.isAlive()) idle.push(instance);
    if (result.kind === 'answered') return result.value.statusCode ?? 200;
    return result.kind === 'threw' ? 500 : 503;
  };

  return (body) =>
    new Promise((resolve, reject) => {
      const cancel = time.schedule(ANSWER_TIMEOUT_MS, () => resolve(undefined));
      respond(body).then((status) => {
        cancel();
        resolve(status);
      }, reject);
    });
}
