import { createIngest } from '../../../handlers/ingest.ts';
import { createReplay } from '../../../handlers/replay.ts';
import { createWorker } from '../../../handlers/worker.ts';
import {
  type Environment,
  readIngestSettings,
  readReplayConfig,
  readWorkerConfig,
} from '../../../lib/config/config.ts';
import { PII_MARKER } from '../models/segment-event.ts';
import { DEAD_LETTER_QUEUE_URL, QUEUE_URL, type Relay, SECRETS } from '../simulation.ts';

/** The relay itself: the handlers that Lambda runs, configured as by `environment`. */
export function realRelay(environment: Environment = {}): Relay {
  const settings = {
    QUEUE_URL,
    DEAD_LETTER_QUEUE_URL,
    SEGMENT_SHARED_SECRETS: SECRETS.sharedSecret,
    INGEST_TOKENS: SECRETS.token,
    SALESMACHINE_URL: 'https://api.salesmachine.io',
    SALESMACHINE_API_TOKEN: `${PII_MARKER}-api-token`,
    SALESMACHINE_API_SECRET: `${PII_MARKER}-api-secret`,
    ...environment,
  };
  const ingestConfig = readIngestSettings(settings);
  const workerConfig = readWorkerConfig(settings);
  const replayConfig = readReplayConfig(settings);
  return {
    createIngest: (ports) => createIngest({ ...ports, config: ingestConfig }),
    createWorker: (ports) => createWorker({ ...ports, config: workerConfig }),
    createReplay: (ports) => createReplay({ ...ports, config: replayConfig }),
  };
}
