import type { DeadLetterWriter } from '../dead-letters/dead-letter-writer.ts';
import type { MappingSettings } from '../mapping/mapping-settings.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Salesmachine } from '../salesmachine/client.ts';
import type { WorkerQueue } from '../sqs/worker-queue.ts';
import type { Log } from '../telemetry/log.ts';
import type { Quota } from './pacer.ts';

export type DeliveryQueue = WorkerQueue & DeadLetterWriter;

/** Everything that the engine knows of the world. */
export type DeliveryPorts = {
  queue: DeliveryQueue;
  salesmachine: Salesmachine;
  clock: Clock;
  random: Random;
  log: Log;
};

export type DeliverySettings = {
  quota: Quota;
  mapping: MappingSettings;
  maxEventAgeMs: number;
};
