import { isObject } from '../../runtime/json.ts';

/**
 * Which messages of a batch a function's answer says have failed, with `ReportBatchItemFailures` switched on.
 *
 * By Lambda's documentation a batch is a whole success if the answer is null or an empty object, or its list is
 * empty or null; a list under a misspelt name is thus a success, too. It is a whole failure if the answer cannot be
 * read, or if any identifier is empty, null, under a misspelt name, or not of this batch.
 */
export function findFailedIds(response: unknown, batchIds: ReadonlySet<string>): ReadonlySet<string> {
  if (response === undefined || response === null) return new Set();
  if (!isObject(response)) return batchIds;
  const failures = response['batchItemFailures'] ?? [];
  if (!Array.isArray(failures)) return batchIds;
  const ids = failures.map(readIdentifier);
  return ids.every((id) => id !== undefined && batchIds.has(id))
    ? new Set(ids.filter((id) => id !== undefined))
    : batchIds;
}

function readIdentifier(failure: unknown): string | undefined {
  const hasIdentifier = typeof failure === 'object' && failure !== null && 'itemIdentifier' in failure;
  return hasIdentifier && typeof failure.itemIdentifier === 'string' ? failure.itemIdentifier : undefined;
}
