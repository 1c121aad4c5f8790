import type { LogFields } from '../../telemetry/log.ts';
import type { LanePause, LaneRow, RequestRow } from './protocol.ts';

type Lane = { held: Set<string>; lastFailed: boolean; pause: LanePause | null };

/** What each lane holds, and how its last request ended. */
export function createLanes(count: number) {
  const lanes = Array.from(
    { length: count },
    (): Lane => ({ held: new Set(), lastFailed: false, pause: null }),
  );
  const laneOf = new Map<string, number>();

  function leave(id: string): void {
    const lane = laneOf.get(id);
    if (lane === undefined) return;
    lanes[lane]?.held.delete(id);
    laneOf.delete(id);
  }

  return {
    enter(lane: number, id: string): void {
      leave(id);
      lanes[lane]?.held.add(id);
      laneOf.set(id, lane);
    },
    leave,
    /** The invocation has ended: the lane holds nothing any more. */
    clear(lane: number): void {
      for (const id of lanes[lane]?.held ?? []) leave(id);
    },
    answered(lane: number, delivered: boolean): void {
      const state = lanes[lane];
      if (state) state.lastFailed = !delivered;
    },
    /** The circuit breaker has opened, or stays open after a probe. */
    pause(
      lane: number,
      failure: RequestRow | undefined,
      { cause = '', probeInMs }: LogFields,
      at: number,
    ): void {
      const state = lanes[lane];
      if (state === undefined) return;
      state.pause = {
        cause,
        status: failure?.status ?? null,
        text: failure?.text ?? '',
        since: state.pause?.since ?? at,
        nextTryAt: probeInMs === undefined ? null : at + probeInMs,
      };
    },
    resume(lane: number): void {
      const state = lanes[lane];
      if (state) state.pause = null;
    },
    rows: (sending: (lane: number) => number[]): LaneRow[] =>
      lanes.map(({ held, lastFailed, pause }, lane) => ({
        lane,
        held: held.size,
        sending: sending(lane),
        retrying: lastFailed && held.size > 0,
        pause,
      })),
  };
}
