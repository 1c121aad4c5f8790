import { describe, expect, test } from '@jest/globals';
import { parseReplayRequest } from '../../../lib/dead-letters/replay-request.ts';

/** What the caller is told. */
function refuse(request: unknown): string {
  try {
    parseReplayRequest(request);
  } catch (error) {
    return String(error);
  }
  return 'nothing';
}

describe('a request to replay', () => {
  test('without any options means all dead letters', () => {
    expect(parseReplayRequest({})).toStrictEqual({ filter: {}, dryRun: false });
  });

  test('may ask for some, for how many, how fast, and for a dry run', () => {
    const moment = '2026-01-31T12:00:00Z';
    const request = {
      reason: 'rejected',
      type: ['track', 'unknown'],
      id: 'x1',
      since: moment,
      until: '2026-02-01T12:00:00.500+01:00',
      user: 'u1',
      messageId: 'm1',
      limit: 1,
      rate: 1,
      force: true,
      dryRun: true,
    };
    expect(parseReplayRequest(request)).toEqual({
      filter: {
        reasons: ['rejected'],
        types: ['track', 'unknown'],
        ids: ['x1'],
        since: Date.UTC(2026, 0, 31, 12),
        until: Date.UTC(2026, 1, 1, 11, 0, 0, 500),
        user: 'u1',
        messageId: 'm1',
      },
      limit: 1,
      rate: 1,
      force: true,
      dryRun: true,
    });
  });

  test('since the epoch asks for a moment like any other', () => {
    expect(parseReplayRequest({ since: '1970-01-01T00:00:00Z' }).filter).toEqual({ since: 0 });
    expect(parseReplayRequest({ until: '1970-01-01T00:00:00Z' }).filter).toEqual({ until: 0 });
  });

  test('may ask for the highest rate', () => {
    expect(parseReplayRequest({ rate: 10_000 })).toMatchObject({ rate: 10_000 });
  });
});

describe('a mistake in a request to replay is refused, and named without its value:', () => {
  const reasons =
    'reason must be one or more of unparseable, invalid_event, unmappable, too_large, rejected, server_error, alias_unsupported, receive_limit';
  const texts = 'must be a text, or a list of texts, none of them empty';
  const moment = 'must be a moment such as "2026-01-31T12:00:00Z"';
  const limit = 'limit must be a whole number, 1 or more';
  const rate = 'rate must be a number from 1 to 10000';

  test.each<[unknown, string]>([
    [{ reason: 'secret' }, reasons],
    [{ reason: [] }, reasons],
    [{ reason: ['rejected', 'secret'] }, reasons],
    [{ type: '' }, `type ${texts}`],
    [{ type: [] }, `type ${texts}`],
    [{ type: ['track', ''] }, `type ${texts}`],
    [{ id: 7 }, `id ${texts}`],
    [{ since: 'secret' }, `since ${moment}`],
    [{ since: 0 }, `since ${moment}`],
    [{ until: '2026-01-31' }, `until ${moment}`],
    [{ user: '' }, 'user must not be empty'],
    [{ messageId: 7 }, 'messageId must be a text'],
    [{ limit: 0 }, limit],
    [{ limit: 1.5 }, limit],
    [{ limit: '5' }, limit],
    [{ rate: 0.5 }, rate],
    [{ rate: 10_001 }, rate],
    [{ rate: '5' }, rate],
    [{ force: 'yes' }, 'force must be true or false'],
    [{ dryRun: 1 }, 'dryRun must be true or false'],
    [{ secret: 1 }, 'there is an option of another name'],
    ['secret', 'the request must be a JSON object'],
    [undefined, 'the request must be a JSON object'],
    [{ limit: 0, rate: 0, secret: 1, other: 2 }, `${limit}; ${rate}; there is an option of another name`],
  ])('%j', (request, problem) => {
    expect(refuse(request)).toBe(
      `ReplayRequestError: Nothing was replayed: ${problem}. The options are reason, type, id, since, until, user, messageId, limit, rate, force, dryRun.`,
    );
  });
});
