import { between } from '../chance.ts';
import { aimAt, cubic, distance, fittsMs, type Mover, sample } from './mover.ts';

/** One cubic curve with two random control points beside the line, passed with a smooth start and end. */
export const bezier: Mover = (from, into, random) => {
  const to = aimAt(into, random);
  const length = distance(from, to);
  const beside = (share: number) => {
    const off = length * between(random, -0.22, 0.22);
    return {
      x: from.x + (to.x - from.x) * share - ((to.y - from.y) / (length || 1)) * off,
      y: from.y + (to.y - from.y) * share + ((to.x - from.x) / (length || 1)) * off,
    };
  };
  const one = beside(between(random, 0.15, 0.45));
  const two = beside(between(random, 0.55, 0.85));
  const smooth = (s: number): number => s * s * (3 - 2 * s);
  return sample(fittsMs(length, into.width, random), 10, (s) => cubic(from, one, two, to, smooth(s)));
};
