import { expect, test } from '@jest/globals';
import { relayUrl } from '../../../lib/cli/request-local-relay.ts';

test.each([
  [{}, 'http://127.0.0.1:3000'],
  [{ RELAY_URL: '' }, 'http://127.0.0.1:3000'],
  [{ RELAY_URL: 'http://127.0.0.1:8080' }, 'http://127.0.0.1:8080'],
  [{ RELAY_URL: 'http://127.0.0.1:8080/' }, 'http://127.0.0.1:8080'],
  [{ RELAY_URL: 'https://relay.example.com/hooks//' }, 'https://relay.example.com/hooks'],
])('with %j the local relay is at %s', (env, url) => {
  expect(relayUrl(env)).toBe(url);
});

test('an address that is none is refused', () => {
  expect(() => relayUrl({ RELAY_URL: '127.0.0.1' })).toThrow('RELAY_URL must be a URL');
});
