import { between } from '../chance.ts';
import type { Point } from '../stage.ts';
import { aimAt, type Mover } from './mover.ts';

/** WindMouse (B. J. Land, 2007): gravity towards the target, wind beside it, steps that shrink near the end. */
export const windmouse: Mover = (from, into, random) => {
  const to = aimAt(into, random);
  const gravity = 9;
  const reach = 12;
  let most = between(random, 12, 18);
  let [x, y, vx, vy, wx, wy, t] = [from.x, from.y, 0, 0, 0, 0, 0];
  const points: Point[] = [];
  for (let left = Math.hypot(to.x - x, to.y - y); left >= 1 && points.length < 400; ) {
    const wind = Math.min(3, left);
    if (left >= reach) {
      wx = wx / Math.sqrt(3) + ((2 * random() - 1) * wind) / Math.sqrt(5);
      wy = wy / Math.sqrt(3) + ((2 * random() - 1) * wind) / Math.sqrt(5);
    } else {
      [wx, wy] = [wx / Math.sqrt(3), wy / Math.sqrt(3)];
      most = most < 3 ? 3 + 3 * random() : most / Math.sqrt(5);
    }
    vx += wx + (gravity * (to.x - x)) / left;
    vy += wy + (gravity * (to.y - y)) / left;
    const speed = Math.hypot(vx, vy);
    if (speed > most) {
      const cut = most / 2 + (random() * most) / 2;
      [vx, vy] = [(vx / speed) * cut, (vy / speed) * cut];
    }
    [x, y] = [x + vx, y + vy];
    t += between(random, 8, 14);
    points.push({ x, y, t });
    left = Math.hypot(to.x - x, to.y - y);
  }
  return [...points, { ...to, t: t + 10 }];
};
