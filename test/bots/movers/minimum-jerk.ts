import { between, normal, type Random } from '../chance.ts';
import type { Place, Point } from '../stage.ts';
import { aimAt, distance, fittsMs, type Mover } from './mover.ts';

/** Minimum jerk in a bow, one or two corrections near the target, and the tremor of a hand. */
export const minimumJerk: Mover = (from, into, random) => {
  const to = aimAt(into, random);
  const points: Point[] = [];
  let at = from;
  let t = 0;
  for (const [i, aim] of aimsFor(from, to, random).entries()) {
    const lasts = i === 0 ? fittsMs(distance(at, aim), into.width, random) : between(random, 110, 260);
    points.push(...strokeOf(at, aim, { lasts, begun: t, random }));
    at = aim;
    t += lasts + (i === 0 ? 0 : between(random, 0, 30));
  }
  return withTremor(points, random);
};

/** Short of the target or beyond it first, then nearer. */
function aimsFor(from: Place, to: Place, random: Random): Place[] {
  const length = distance(from, to);
  const missed = (share: number): Place => ({
    x: to.x + (to.x - from.x) * share * normal(random) + length * share * 0.4 * normal(random),
    y: to.y + (to.y - from.y) * share * normal(random) + length * share * 0.4 * normal(random),
  });
  if (length < 60 || random() < 0.25) return [to];
  return random() < 0.7 ? [missed(0.06), to] : [missed(0.09), missed(0.02), to];
}

/** One minimum-jerk stroke whose path bows to one side. */
export function strokeOf(
  from: Place,
  to: Place,
  { lasts, begun, random }: { lasts: number; begun: number; random: Random },
): Point[] {
  const length = distance(from, to) || 1;
  const bow = 0.045 * length * normal(random);
  const count = Math.max(3, Math.round(lasts / 9));
  return Array.from({ length: count }, (_, i) => {
    const s = (i + 1) / count;
    const along = s ** 3 * (10 - 15 * s + 6 * s * s);
    const aside = bow * Math.sin(Math.PI * along);
    return {
      x: from.x + (to.x - from.x) * along - ((to.y - from.y) / length) * aside,
      y: from.y + (to.y - from.y) * along + ((to.x - from.x) / length) * aside,
      t: begun + s * lasts,
    };
  });
}

/** 8 to 12 Hz, under a pixel, stronger in some hands. */
export function withTremor(points: readonly Point[], random: Random): Point[] {
  const strong = between(random, 0.2, 0.8);
  const rate = between(random, 8, 12) / 1000;
  const [px, py] = [2 * Math.PI * random(), 2 * Math.PI * random()];
  return points.map(({ x, y, t }) => ({
    x: x + strong * (Math.sin(2 * Math.PI * rate * t + px) + 0.5 * normal(random)),
    y: y + strong * (Math.cos(2 * Math.PI * rate * t + py) + 0.5 * normal(random)),
    t,
  }));
}
