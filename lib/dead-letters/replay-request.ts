import * as v from 'valibot';
import { REASONS } from './reasons.ts';
import type { ReplayOptions } from './replay-dead-letters.ts';

/** A request to the replay function: the options, and whether it is a dry run. */
export type ReplayRequest = Pick<ReplayOptions, 'limit' | 'rate' | 'force'> &
  Required<Pick<ReplayOptions, 'filter'>> & { dryRun: boolean };

/** The caller's mistake; the message names what is wrong, and quotes no value. */
class ReplayRequestError extends Error {
  override name = 'ReplayRequestError' as const;
}

const MAX_RATE = 10_000;

const oneOrMany = <const T extends v.GenericSchema<unknown, string>>(item: T, message: string) =>
  v.union(
    [
      v.pipe(
        item,
        v.transform((value) => [value]),
      ),
      v.pipe(v.array(item), v.nonEmpty(message)),
    ],
    message,
  );

const STRINGS = 'must be a text, or a list of texts, none of them empty';
const strings = oneOrMany(v.pipe(v.string(), v.nonEmpty(STRINGS)), STRINGS);
const nonEmptyString = v.pipe(v.string('must be a text'), v.nonEmpty('must not be empty'));
const flag = v.boolean('must be true or false');

const TIMESTAMP = 'must be a moment such as "2026-01-31T12:00:00Z"';
const timestamp = v.pipe(v.string(TIMESTAMP), v.isoTimestamp(TIMESTAMP), v.transform(Date.parse));

const RATE = `must be a number from 1 to ${MAX_RATE}`;
const LIMIT = 'must be a whole number, 1 or more';
const SOME_REASONS = `must be one or more of ${REASONS.join(', ')}`;

const fields = {
  reason: v.exactOptional(oneOrMany(v.picklist(REASONS), SOME_REASONS)),
  type: v.exactOptional(strings),
  id: v.exactOptional(strings),
  since: v.exactOptional(timestamp),
  until: v.exactOptional(timestamp),
  user: v.exactOptional(nonEmptyString),
  messageId: v.exactOptional(nonEmptyString),
  limit: v.exactOptional(v.pipe(v.number(LIMIT), v.integer(LIMIT), v.minValue(1, LIMIT))),
  rate: v.exactOptional(v.pipe(v.number(RATE), v.minValue(1, RATE), v.maxValue(MAX_RATE, RATE))),
  force: v.exactOptional(flag),
  dryRun: v.exactOptional(flag),
};

const schema = v.strictObject(fields);

/**
 * Reads a request to the replay function:
 * `{"reason":"rejected","since":"2026-01-31T00:00:00Z","limit":1000,"dryRun":true}`. An empty object means all dead
 * letters.
 *
 * @throws ReplayRequestError
 */
export function parseReplayRequest(input: unknown): ReplayRequest {
  const result = v.safeParse(schema, input);
  if (!result.success) throw new ReplayRequestError(formatIssues(result.issues));
  const { reason, type, id, since, until, user, messageId, dryRun = false, ...options } = result.output;
  const filter = {
    ...(reason && { reasons: reason }),
    ...(type && { types: type }),
    ...(id && { ids: id }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(user !== undefined && { user }),
    ...(messageId !== undefined && { messageId }),
  };
  return { ...options, filter, dryRun };
}

function formatIssues(issues: readonly v.BaseIssue<unknown>[]): string {
  const names = Object.keys(fields);
  const problems = issues.map(({ path, message }) => {
    const name = String(path?.[0].key ?? '');
    if (name === '') return 'the request must be a JSON object';
    return names.includes(name) ? `${name} ${message}` : 'there is an option of another name';
  });
  return `Nothing was replayed: ${[...new Set(problems)].join('; ')}. The options are ${names.join(', ')}.`;
}
