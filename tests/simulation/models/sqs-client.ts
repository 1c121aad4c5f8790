import type { ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-sqs';
import type { Sqs } from '../../../lib/sqs/sqs-client.ts';

/** One of the SDK's commands. */
export type SqsCall = { readonly input: ServiceInputTypes };
export type SqsHandler = (command: SqsCall, signal?: AbortSignal) => Promise<object>;

/** The SDK's client in front of whatever answers its commands. */
export function sqsClient(handler: SqsHandler): Sqs {
  function send<Output extends ServiceOutputTypes>(command: SqsCall, options?: unknown): Promise<Output>;
  async function send(command: SqsCall, options?: unknown): Promise<ServiceOutputTypes> {
    return { ...(await handler(command, signalOf(options))), $metadata: {} };
  }
  return { send };
}

/** As the SDK reports a call that its signal ended. */
export const createAbortError = () => Object.assign(new Error('Request aborted'), { name: 'AbortError' });

function signalOf(options: unknown): AbortSignal | undefined {
  const signal =
    typeof options === 'object' && options && 'abortSignal' in options ? options.abortSignal : undefined;
  return signal instanceof AbortSignal ? signal : undefined;
}
