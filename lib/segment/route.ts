import type { SegmentEvent } from './event.ts';

/** One kind of request that the relay takes. */
export type Route = {
  methods: readonly string[];
  /** The type of events that don't say it themselves. */
  type?: SegmentEvent['type'] | 'screen';
  /** Whether Segment's SDKs send here: they may put their write key in the body. */
  sdk: boolean;
};

export type RouteMatch =
  | { kind: 'route'; route: Route }
  /** `allow` is the value of the header `Allow`. */
  | { kind: 'wrong_method'; allow: string }
  | { kind: 'unknown_path' };

const sdkRoute = { methods: ['POST'], sdk: true } as const;

/**
 * Webhooks may be set to use any of three methods; the rest are the paths of Segment's HTTP Tracking API, as its server
 * SDKs use them. (Not the browser's: a token would be public there.)
 */
const routes = new Map<string, Route>(
  Object.entries({
    '/segment': { methods: ['POST', 'PUT', 'PATCH'], sdk: false },
    '/v1/identify': { ...sdkRoute, type: 'identify' },
    '/v1/track': { ...sdkRoute, type: 'track' },
    '/v1/page': { ...sdkRoute, type: 'page' },
    '/v1/screen': { ...sdkRoute, type: 'screen' },
    '/v1/group': { ...sdkRoute, type: 'group' },
    '/v1/alias': { ...sdkRoute, type: 'alias' },
    '/v1/batch': sdkRoute,
    '/v1/import': sdkRoute,
  }),
);

/** The route of a request; a slash at the end of the path makes no difference. */
export function matchRoute(method: string, path: string): RouteMatch {
  const route = routes.get(path.endsWith('/') ? path.slice(0, -1) : path);
  if (route === undefined) return { kind: 'unknown_path' };
  if (!route.methods.includes(method.toUpperCase()))
    return { kind: 'wrong_method', allow: route.methods.join(', ') };
  return { kind: 'route', route };
}
