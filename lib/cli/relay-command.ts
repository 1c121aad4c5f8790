import { processContext } from './command-context.ts';
import { runRelay } from './run-relay.ts';

// The reader, `head` for example, has seen enough: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const exitCode = await runRelay(process.argv.slice(2), processContext);
if (exitCode !== 0) process.exitCode = exitCode;
