import type { LaneStatus } from '../../delivery/status.ts';
import type { LanePause, LaneRow } from './protocol.ts';

type Lane = { held: Set<string>; lastFailed: boolean };

/** What each lane holds, and how its last request ended. */
export function createLanes(count: number) {
  const lanes = Array.from({ length: count }, (): Lane => ({ held: new Set(), lastFailed: false }));
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
    noteAnswer(lane: number, delivered: boolean): void {
      const state = lanes[lane];
      if (state) state.lastFailed = !delivered;
    },
    rows: (sending: (lane: number) => number[], statuses: readonly LaneStatus[]): LaneRow[] =>
      lanes.map(({ held, lastFailed }, lane) => {
        const status = statuses[lane];
        return {
          lane,
          held: held.size,
          sending: sending(lane),
          retrying: lastFailed && held.size > 0,
          pause: status === undefined ? null : toPause(status),
          kept: status?.retrying ?? { messages: 0, nextAt: null },
        };
      }),
  };
}

/** Why the lane sends nothing; null if nothing holds it. */
const toPause = ({ cause, status, text, since, nextTryAt }: LaneStatus): LanePause | null =>
  cause === null ? null : { cause, status, text: text ?? '', since, nextTryAt };
