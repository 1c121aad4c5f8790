import type { SegmentEvent } from './event.ts';

/** One kind of request that carries events. */
export type Route = {
  path: string;
  methods: readonly string[];
  /** The type of events that don't say it themselves. */
  type?: SegmentEvent['type'] | 'screen';
  /** Whether Segment's SDKs send here: they may put their write key in the body. */
  sdk: boolean;
};

export type RouteMatch =
  | { kind: 'route'; route: Route }
  | { kind: 'health' }
  /** `allow` is the value of the header `Allow`. */
  | { kind: 'wrong_method'; allow: string }
  | { kind: 'unknown_path' };

const sdkRoute = { methods: ['POST'], sdk: true } as const;

/** Webhooks may be set to use any of three methods. */
export const WEBHOOK_ROUTE: Route = { path: '/segment', methods: ['POST', 'PUT', 'PATCH'], sdk: false };

/**
 * Beside the webhook's, the paths of Segment's HTTP Tracking API, as its server SDKs use them. (Not the browser's: a
 * token would be public there.)
 */
const eventRoutes: readonly Route[] = [
  WEBHOOK_ROUTE,
  { path: '/v1/identify', ...sdkRoute, type: 'identify' },
  { path: '/v1/track', ...sdkRoute, type: 'track' },
  { path: '/v1/page', ...sdkRoute, type: 'page' },
  { path: '/v1/screen', ...sdkRoute, type: 'screen' },
  { path: '/v1/group', ...sdkRoute, type: 'group' },
  { path: '/v1/alias', ...sdkRoute, type: 'alias' },
  { path: '/v1/batch', ...sdkRoute },
  { path: '/v1/import', ...sdkRoute },
];

const HEALTH = { path: '/health', methods: ['GET'] };

const routes: readonly (Route | typeof HEALTH)[] = [...eventRoutes, HEALTH];

/** Takes all that no other route takes: slashes at a path's end or doubled, and what the relay answers 404 or 405. */
export const CATCH_ALL_ROUTE_KEYS = ['ANY /{proxy+}', '$default'] as const;

/** The routes of the ingest as API Gateway's HTTP API names them. */
export const ROUTE_KEYS: readonly string[] = [
  ...routes.flatMap(({ path, methods }) => methods.map((method) => `${method} ${path}`)),
  ...CATCH_ALL_ROUTE_KEYS,
];

/** The route of a request. Slashes at the path's end and doubled ones make no difference: some SDKs send them. */
export function matchRoute(method: string, path: string): RouteMatch {
  const plainPath = path.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');
  const route = routes.find((candidate) => candidate.path === plainPath);
  if (route === undefined) return { kind: 'unknown_path' };
  if (!route.methods.includes(method.toUpperCase()))
    return { kind: 'wrong_method', allow: route.methods.join(', ') };
  return 'sdk' in route ? { kind: 'route', route } : { kind: 'health' };
}
