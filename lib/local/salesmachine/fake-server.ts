import { headersOf, type LocalServer, listen, readBody } from '../http-server.ts';
import { refusal, type StandInAnswer, type StandInRequest } from './fake-salesmachine.ts';

/** The documents name no limit of bytes. This one keeps a runaway request out. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** A stand-in that may take its time; one that throws or rejects cuts the connection. */
type Handler = { handle(request: StandInRequest): StandInAnswer | Promise<StandInAnswer> };

/** The stand-in behind HTTP, on any free port. */
export function startStandInServer(standIn: Handler): Promise<LocalServer> {
  return listen(async (request) => {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) return refusal(413, 'The request is too large.');
    return standIn.handle({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: headersOf(request),
      body: body.toString(),
    });
  });
}
