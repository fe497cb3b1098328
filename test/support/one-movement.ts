import { movementsOf } from '../../sdk/gatehouse/src/collector/features/index.ts';

/** A movement of a second, recorded every 10 ms, which is at `place` of the share of its time: 0 to 1. Pixels. */
export function movementAlong(place: (share: number) => readonly [x: number, y: number]) {
  const samples = Array.from({ length: 101 }, (_, at) => {
    const [x, y] = place(at / 100);
    return { t: 10 * at, x, y };
  });
  return movementsOf(samples)[0]!;
}
