import type { MouseShape } from '../../service/engine/behavior/model/behavior-model.ts';
import { createRandom } from './random.ts';

/** What people and programs reach, roughly: [least, most]. */
const ranges: Record<keyof MouseShape, readonly [number, number]> = {
  str: [0.3, 1],
  strIqr: [0, 0.6],
  dev: [0, 1],
  vcv: [0, 2],
  tpk: [0, 1],
  tpkIqr: [0, 0.8],
  sub: [0, 12],
  ldj: [0, 18],
  ldjIqr: [0, 8],
  turn: [0, 1],
  turnSd: [0, 1.2],
  flip: [0, 1],
  pl: [-1, 1],
  fitts: [-1, 1],
  vBeg: [0, 1],
  vEnd: [0, 1],
  vSd: [0, 2],
  durSd: [0, 2],
  strSd: [0, 0.4],
  strLo: [0, 1],
  lenStr: [-1, 1],
  vcvLo: [0, 1],
  vcvHi: [0.3, 2],
  tpkLo: [0, 0.6],
  vBegLo: [0, 0.6],
  turnHi: [0, 1.5],
  top: [0, 3],
  slow: [0.2, 1],
  slowHi: [0.3, 1],
  plRest: [0, 1.2],
  angSd: [0, 1.5],
  side: [0, 1],
  overSd: [0, 2],
  tSp: [0.1, 0.35],
  tSpSd: [0, 0.1],
  tSkHi: [-0.02, 0.03],
  q1Sd: [0, 0.4],
  rip: [0, 1],
  ripSh: [0, 2],
  cubLo: [-9, -2],
  qui: [-9, -2],
  quiLo: [-10, -3],
  fitHi: [0, 1],
  fitSm: [0, 0.6],
  fitts2: [0, 1],
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
