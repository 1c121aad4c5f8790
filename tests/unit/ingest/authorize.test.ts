import { describe, expect, test } from '@jest/globals';
import { post, track } from '../../support/handle-request.ts';

describe('a credential that has been changed a moment ago', () => {
  const old = { sharedSecrets: [], tokens: ['old-token'] };
  const changed = { sharedSecrets: [], tokens: ['the-token'] };

  test('is known before a sender is turned away', async () => {
    let known = old;
    const { response } = await post([track('u1')], {
      credentials: () => ({
        get: async () => known,
        async refreshIfOlderThan() {
          known = changed;
          return true;
        },
      }),
    });
    expect(response.status).toBe(200);
  });

  test('is not asked for by a request that has none: strangers cannot make the relay ask', async () => {
    let asked = 0;
    const credentials = () => ({
      get: async () => old,
      async refreshIfOlderThan() {
        asked += 1;
        return true;
      },
    });
    expect((await post([track('u1')], { credentials }, {})).response.status).toBe(401);
    expect(asked).toBe(0);
  });

  test('is a reason to try again where the credentials cannot be read', async () => {
    const { response } = await post([track('u1')], {
      credentials: () => ({ get: async () => old, refreshIfOlderThan: async () => false }),
    });
    expect(response.status).toBe(503);
  });

  test('is asked for with the time at which the request came', async () => {
    const moments: number[] = [];
    let startedAt = 0;
    await post([track('u1')], {
      credentials: (time) => {
        startedAt = time.now();
        return {
          get: async () => old,
          async refreshIfOlderThan(moment) {
            moments.push(moment);
            return true;
          },
        };
      },
    });
    expect(moments).toEqual([startedAt]);
  });
});
