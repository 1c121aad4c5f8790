import { randomBytes } from 'node:crypto';
import { readParameters } from '../config/parameter-store.ts';
import { createSecretsEnvironment } from '../config/secrets.ts';
import { systemClock } from '../runtime/clock.ts';
import { SettingsError } from '../runtime/errors.ts';
import { memoizeAsync } from '../runtime/lazy.ts';
import { prepareConsolePage } from './console/page-bundle.ts';
import { readLocalConfig } from './local-config.ts';
import { createLocalLog } from './local-log.ts';
import { type Relay, startRelay } from './relay.ts';
import { formatStartText } from './start-text.ts';

const print = (text: string) => process.stdout.write(text);

try {
  const environment = createSecretsEnvironment(process.env, systemClock, readParameters);
  const config = readLocalConfig(await environment.get(), () => randomBytes(16).toString('hex'));
  // The log goes to stderr, so that what is printed at the start stays readable.
  const log = createLocalLog((line) => process.stderr.write(line), systemClock, config.log);
  prepareConsolePage();
  const relay = await startRelay({ config, environment, log });
  stopOnSignal(relay);
  print(formatStartText(config, { relay: relay.url, salesmachine: relay.salesmachineUrl }));
  print(`relay listening on ${relay.url}\n`);
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exit(1);
}

function stopOnSignal(relay: Relay): void {
  // Ctrl-C comes twice: from the terminal, and from npm, which passes it on.
  const stop = memoizeAsync(async () => {
    await relay.stop();
    process.exit(0);
  });
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** What the operator can set right is said in a line; everything else is a bug, and its stack helps. */
function describeError(error: unknown): string {
  if (error instanceof SettingsError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const portInUse = 'code' in error && error.code === 'EADDRINUSE';
  return portInUse
    ? `The port is in use (${error.message}): set PORT to another one, or to 0 for any.`
    : `${error.stack}`;
}
