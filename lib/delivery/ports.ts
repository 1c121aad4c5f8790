import type { Clock, Random } from '../clock.ts';
import type { Queue } from '../queue/queue.ts';
import type { Salesmachine } from '../salesmachine/client.ts';
import type { MappingSettings } from '../salesmachine/mapping.ts';
import type { Log } from '../telemetry/log.ts';
import type { Quota } from './pacer.ts';

/** Everything that the engine knows of the world. */
export type DeliveryPorts = {
  queue: Queue;
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
