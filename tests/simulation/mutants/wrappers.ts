import type { ApiResult, SalesmachinePath } from '../../../lib/salesmachine/client.ts';
import type { Sqs } from '../../../lib/sqs/sqs-client.ts';
import { type SqsCall, sqsClient } from '../models/sqs-client.ts';
import type { Relay, RelayPorts } from '../simulation.ts';
import type { Wrap } from './mutant.ts';

type WorkerPorts = Parameters<Relay['createWorker']>[0];
type Worker = ReturnType<Relay['createWorker']>;

/** One SQS call on its way; `next` carries it out, or another one instead. */
type SqsIntercept = (
  command: SqsCall,
  next: (command?: SqsCall) => Promise<object>,
  ports: RelayPorts,
) => Promise<object>;

function interceptSqs(ports: RelayPorts, intercept: SqsIntercept): Sqs {
  const { sqs } = ports;
  return sqsClient((command, abortSignal) =>
    intercept(
      command,
      (changed = command) => Reflect.apply(sqs.send, sqs, [changed, abortSignal ? { abortSignal } : {}]),
      ports,
    ),
  );
}

export const onIngestSqs =
  (intercept: SqsIntercept): Wrap =>
  (relay) => ({
    ...relay,
    createIngest: (ports) => relay.createIngest({ ...ports, sqs: interceptSqs(ports, intercept) }),
  });

export const onWorkerSqs =
  (intercept: SqsIntercept): Wrap =>
  (relay) => ({
    ...relay,
    createWorker: (ports) => relay.createWorker({ ...ports, sqs: interceptSqs(ports, intercept) }),
  });

export const onReplaySqs =
  (intercept: SqsIntercept): Wrap =>
  (relay) => ({
    ...relay,
    createReplay: (ports) => relay.createReplay({ ...ports, sqs: interceptSqs(ports, intercept) }),
  });

/** The worker hears something else of Salesmachine than it says. */
export const onApiResult =
  (change: (result: ApiResult, path: SalesmachinePath) => ApiResult): Wrap =>
  (relay) => ({
    ...relay,
    createWorker: (ports) =>
      relay.createWorker({
        ...ports,
        salesmachine: {
          ...ports.salesmachine,
          post: async (path, json, signal) => change(await ports.salesmachine.post(path, json, signal), path),
        },
      }),
  });

/** An answer of one status is taken for one of another. */
export const onStatus = (status: number, change: Partial<ApiResult & { kind: 'response' }>): Wrap =>
  onApiResult((result) =>
    result.kind === 'response' && result.status === status ? { ...result, ...change } : result,
  );

/** The worker's function, called by another one. */
export const onWorker =
  (change: (worker: Worker, ports: WorkerPorts) => Worker): Wrap =>
  (relay) => ({ ...relay, createWorker: (ports) => change(relay.createWorker(ports), ports) });
