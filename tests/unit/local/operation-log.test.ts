import { expect, test } from '@jest/globals';
import { createOperationLog } from '../../../lib/local/salesmachine/operation-log.ts';
import { openTemporaryDatabase } from '../../../lib/local/salesmachine/temporary-table.ts';

const operation = (number: number) => ({ method: 'account', account_uid: `${number}`, params: {} }) as const;

test('operations come back in order of arrival, without those that arrive while they are read', () => {
  const log = createOperationLog(openTemporaryDatabase());
  for (let number = 0; number < 2_500; number++) log.append(operation(number));
  const read: number[] = [];
  for (const chunk of log.chunks()) {
    log.append(operation(9_999));
    read.push(...chunk.map((each) => (each.method === 'account' ? Number(each.account_uid) : Number.NaN)));
  }
  expect(read).toEqual(Array.from({ length: 2_500 }, (_, number) => number));
});
