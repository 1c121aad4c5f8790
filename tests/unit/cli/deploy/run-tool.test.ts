import { expect, test } from '@jest/globals';
import { runTool } from '../../../../lib/cli/deploy/run-tool.ts';

const options = { directory: process.cwd(), env: process.env };

test('a tool that ends well is done', async () => {
  await runTool('sh', ['-c', 'exit 0'], options);
});

test.each(['exit 1', 'exit 2', 'kill -TERM $$'])('a deployment ends where its tool does: %s', async (end) => {
  await expect(runTool('sh', ['-c', end], options)).rejects.toThrow(`sh -c ${end} failed: see above`);
});
