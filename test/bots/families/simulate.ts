import type { PointerSample, Press } from '../../../sdk/gatehouse/src/collector/features/index.ts';
import { createRandom } from '../../accuracy/random.ts';
import { between, logNormal, type Random } from '../chance.ts';
import type { Box, Place } from '../stage.ts';
import { families } from './paths.ts';

export interface SimulatedSession {
  family: string;
  seed: number;
  lastsMs: number;
  moves: PointerSample[];
  presses: Press[];
}

const LASTS = 32_000;
/** Of a display that takes input once a frame, as Chromium does. */
const FRAME = 1000 / 60;

/**
 * A session of a program that no one wrote down: family, parameters, targets and pauses are drawn. No browser plays it: places are
 * whole pixels, and come at frames with the delays of a machine.
 */
export function simulateSession(family: string, seed: number): SimulatedSession {
  const random = createRandom(seed * 7919 + [...family].reduce((sum, c) => sum * 31 + c.charCodeAt(0), 3));
  const mover = families[family]!(random);
  const [shortest, longest] = [between(random, 100, 500), between(random, 500, 3_500)];
  const hold = between(random, 60, 120);
  const late = between(random, 0.2, 4);
  const framed = random() < 0.8;
  const moves: PointerSample[] = [];
  const presses: Press[] = [];
  let at: Place = { x: between(random, 100, 1100), y: between(random, 60, 640) };
  for (let t = between(random, 200, 900); t < LASTS; ) {
    const into = boxIn(random);
    const points = mover(at, into, random).map((point) => ({
      ...point,
      t: t + point.t + late * random() ** 2,
    }));
    moves.push(
      ...(framed ? atFrames(points) : points).map((p) => ({ ...p, x: Math.round(p.x), y: Math.round(p.y) })),
    );
    at = points.at(-1)!;
    t = at && points.at(-1)!.t + between(random, 40, 200);
    const held = logNormal(random, hold, 0.2);
    presses.push({ t, x: Math.round(at.x), y: Math.round(at.y), kind: 'mouse', held });
    t += held + between(random, shortest, longest);
  }
  return {
    family,
    seed,
    lastsMs: LASTS,
    moves: moves.filter(({ t }) => t < LASTS),
    presses: presses.filter(({ t }) => t < LASTS - 300),
  };
}

const boxIn = (random: Random): Box => {
  const [width, height] = [between(random, 24, 260), between(random, 22, 60)];
  return { x: between(random, 10, 1230 - width), y: between(random, 10, 690 - height), width, height };
};

/** The last place of each frame. */
function atFrames(points: readonly (Place & { t: number })[]): (Place & { t: number })[] {
  const frames = Map.groupBy(points, ({ t }) => Math.ceil(t / FRAME));
  return [...frames].map(([frame, list]) => ({ ...list.at(-1)!, t: frame * FRAME }));
}
