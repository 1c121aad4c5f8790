import { type LocalServer, listen, readBody, readHeaders } from '../http-server.ts';
import { errorResponse, type FakeRequest, type FakeResponse } from './fake-salesmachine.ts';

/** The documents name no limit of bytes. This one keeps a runaway request out. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** A fake that may take its time; one that throws or rejects cuts the connection. */
type Handler = { handle(request: FakeRequest): FakeResponse | Promise<FakeResponse> };

/** The fake behind HTTP, on any free port. */
export function startFakeServer(fakeSalesmachine: Handler): Promise<LocalServer> {
  return listen(async (request) => {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) return errorResponse(413, 'The request is too large.');
    return fakeSalesmachine.handle({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: readHeaders(request),
      body: body.toString(),
    });
  });
}
