import { between } from '../chance.ts';
import { aimAt, type Mover, sample } from './mover.ts';

/** A straight line that begins and ends slowly, as animation libraries do. */
export const ease: Mover = (from, into, random) => {
  const to = aimAt(into, random);
  const eased = (s: number): number => (s < 0.5 ? 4 * s ** 3 : 1 - (-2 * s + 2) ** 3 / 2);
  return sample(between(random, 300, 800), 12, (s) => ({
    x: from.x + (to.x - from.x) * eased(s),
    y: from.y + (to.y - from.y) * eased(s),
  }));
};
