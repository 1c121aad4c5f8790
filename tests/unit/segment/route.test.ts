import { describe, expect, test } from '@jest/globals';
import { matchRoute } from '../../../lib/segment/route.ts';

describe('matchRoute', () => {
  test.each(['POST', 'PUT', 'PATCH', 'post'])('takes webhooks by %s', (method) => {
    expect(matchRoute(method, '/segment')).toMatchObject({ kind: 'route', route: { sdk: false } });
    expect(matchRoute(method, '/segment/')).toEqual(matchRoute(method, '/segment'));
  });

  test.each(['identify', 'track', 'page', 'screen', 'group', 'alias'])(
    'knows the type from /v1/%s',
    (type) => {
      expect(matchRoute('POST', `/v1/${type}`)).toMatchObject({ kind: 'route', route: { sdk: true, type } });
      expect(matchRoute('POST', `/v1/${type}/`)).toEqual(matchRoute('POST', `/v1/${type}`));
    },
  );

  test.each(['/v1/batch', '/v1/import'])('takes batches of any type at %s', (path) => {
    expect(matchRoute('POST', path)).toEqual({
      kind: 'route',
      route: { path, methods: ['POST'], sdk: true },
    });
  });

  test.each(['//segment', '/segment/', '/segment//', '///v1//batch///'])(
    'overlooks slashes at the end and doubled ones: %s',
    (path) => {
      expect(matchRoute('POST', path)).toMatchObject({ kind: 'route' });
    },
  );

  test('knows the path that tells whether the relay is up', () => {
    expect(matchRoute('GET', '/health')).toEqual({ kind: 'health' });
    expect(matchRoute('POST', '/health')).toEqual({ kind: 'wrong_method', allow: 'GET' });
  });

  test('says which methods are allowed', () => {
    expect(matchRoute('GET', '/segment')).toEqual({ kind: 'wrong_method', allow: 'POST, PUT, PATCH' });
    expect(matchRoute('PUT', '/v1/track')).toEqual({ kind: 'wrong_method', allow: 'POST' });
  });

  test.each([
    '/',
    '',
    '//',
    '/Segment',
    '/v1/t',
    '/v1/delete',
    '/v1',
    '/segment/x',
    '/constructor',
    '/__proto__',
  ])('does not know %p', (path) => {
    expect(matchRoute('POST', path)).toEqual({ kind: 'unknown_path' });
  });
});
