import type { ReceivedEvent } from '../../lib/segment/received-event.ts';
import { matchRoute, type Route } from '../../lib/segment/route.ts';
import { splitRequest } from '../../lib/segment/split-request.ts';

function routeAt(path: string): Route {
  const match = matchRoute('POST', path);
  if (match.kind !== 'route') throw new Error(`no route at ${path}`);
  return match.route;
}

/** The events of a request, as the ingest takes them from it. */
export const receive = (body: string | Buffer, path = '/segment') =>
  splitRequest(Buffer.from(body), routeAt(path));

/** What is queued of an event, or in braces what is not. */
export const getText = (event: ReceivedEvent) =>
  event.kind === 'unparseable' ? { unparseable: event.body } : event.text;

/** The texts of a request's events. */
export const texts = (body: string | Buffer, path?: string) => receive(body, path).map(getText);

export const one = '{"type":"identify","userId":"u1"}';
export const two = '{"type":"track","userId":"u2","event":"Two"}';
