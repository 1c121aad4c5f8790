import { expect, test } from '@jest/globals';
import { toAuditLine } from '../../../lib/cli/stage/audit.ts';

const operator = { user: 'ops', host: 'laptop', accessKeyId: 'id' };

test('an audit line says which dead letters were meant, but names neither a user nor an address', () => {
  const filter = {
    since: Date.UTC(2026, 0, 1),
    until: Date.UTC(2026, 0, 2),
    user: 'anna@example.com',
    messageId: 'order of anna@example.com',
  };
  const line = toAuditLine({ action: 'purge', filter, count: 3, failed: 1, why: 'a test' }, operator);
  expect(JSON.parse(line)).toMatchObject({
    operator,
    filter: { since: '2026-01-01T00:00:00.000Z', until: '2026-01-02T00:00:00.000Z', user: 'one user' },
    count: 3,
    failed: 1,
    why: 'a test',
  });
  expect(line).not.toContain('anna');
});
