import type { Random } from '../chance.ts';
import { between } from '../chance.ts';
import type { Box, Place, Point } from '../stage.ts';
import { aimAt, cubic, distance, type Mover } from './mover.ts';

/** After ghost-cursor: both control points on one side of the line, as many points as Fitts' law gives, and far targets overshot first. */
export const ghost: Mover = (from, into, random) => {
  const to = aimAt(into, random, 0.25);
  if (distance(from, to) < 500) return curve(from, to, into.width, random, 0);
  const angle = 2 * Math.PI * random();
  const radius = 120 * Math.sqrt(random());
  const over: Place = {
    x: Math.max(1, to.x + radius * Math.cos(angle)),
    y: Math.max(1, to.y + radius * Math.sin(angle)),
  };
  const first = curve(from, over, into.width, random, 0);
  return [...first, ...curve(over, to, into.width, random, first.at(-1)!.t, 10)];
};

function curve(
  from: Place,
  to: Place,
  width: Box['width'],
  random: Random,
  begun: number,
  spread?: number,
): Point[] {
  const length = distance(from, to) || 1;
  const wide = spread ?? Math.max(2, Math.min(200, length));
  const side = random() < 0.5 ? -1 : 1;
  const [early, late] = [random(), random()].sort((a, b) => a - b) as [number, number];
  const beside = (share: number): Place => {
    const off = side * wide * random();
    return {
      x: from.x + (to.x - from.x) * share - ((to.y - from.y) / length) * off,
      y: from.y + (to.y - from.y) * share + ((to.x - from.x) / length) * off,
    };
  };
  const [one, two] = [beside(early), beside(late)];
  const difficulty = 2 * Math.log2(length / Math.max(20, width) + 1);
  const count = Math.max(6, Math.ceil((Math.log2(difficulty + 1) + 25 * between(random, 0.6, 1)) * 1.6));
  let t = begun;
  return Array.from({ length: count }, (_, i) => {
    t += between(random, 9, 18);
    return { ...cubic(from, one, two, to, (i + 1) / count), t };
  });
}
