import type { MouseShape } from '../../service/engine/behavior/model/score-mouse.ts';
import { createRandom } from './random.ts';

/** What people and programs reach, roughly: [least, most]. */
const ranges: Record<keyof MouseShape, readonly [number, number]> = {
  ...{
    str: [0.3, 1],
    strIqr: [0, 0.6],
    dev: [0, 1],
    vcv: [0, 2],
    tpk: [0, 1],
    tpkIqr: [0, 0.8],
    sub: [0, 12],
  },
  ...{
    ldj: [0, 18],
    ldjIqr: [0, 8],
    turn: [0, 1],
    turnSd: [0, 1.2],
    flip: [0, 1],
    pl: [-1, 1],
    fitts: [-1, 1],
  },
  ...{ vBeg: [0, 1], vEnd: [0, 1], vSd: [0, 2], durSd: [0, 2] },
};

/** 200 made-up shapes, always the same; one figure in twenty is not measured. No person’s movements are in them. */
export function goldenWindows(): MouseShape[] {
  const random = createRandom(20_261_121);
  return Array.from({ length: 200 }, () => {
    const shape = Object.entries(ranges).map(([name, [least, most]]) => {
      const [missing, place] = [random() < 0.05, random()];
      return [name, missing ? null : Math.round((least + place * (most - least)) * 1e4) / 1e4];
    });
    return Object.fromEntries(shape) as MouseShape;
  });
}
