import { between, logNormal, normal } from '../chance.ts';
import type { Place, Point } from '../stage.ts';
import { minimumJerk, strokeOf, withTremor } from './minimum-jerk.ts';
import { aimAt, distance, fittsMs, type Mover } from './mover.ts';

/** Written against the features: minimum jerk, whose effort varies, with movements that are broken off and a hand that drifts while it reads. */
export const adaptive: Mover = (from, into, random) => {
  const points: Point[] = [];
  let at: Place = from;
  let t = 0;
  const stroke = (to: Place, lasts: number, rest: number): void => {
    points.push(...strokeOf(at, to, { lasts, begun: t, random }));
    at = to;
    t += lasts + rest;
  };
  const nearby = (reach: number): Place => ({
    x: Math.max(2, at.x + reach * normal(random)),
    y: Math.max(2, at.y + reach * normal(random)),
  });
  for (let drifts = Math.floor(between(random, 0, 3)); drifts > 0; drifts--)
    stroke(nearby(25), between(random, 250, 900), between(random, 0, 250));
  if (random() < 0.3) {
    const share = between(random, 0.2, 0.7);
    const goal = aimAt(into, random, 0.3);
    const half = { x: at.x + (goal.x - at.x) * share, y: at.y + (goal.y - at.y) * share };
    stroke(
      { x: half.x + 40 * normal(random), y: half.y + 40 * normal(random) },
      between(random, 250, 700),
      between(random, 160, 500),
    );
  }
  const effort = logNormal(random, 1, 0.35);
  const middle = { x: into.x + into.width / 2, y: into.y + into.height / 2 };
  const unhurried = fittsMs(distance(at, middle), into.width, random);
  const rest = minimumJerk(at, into, random);
  const scale = (effort * unhurried) / Math.max(1, rest.at(-1)!.t);
  return [
    ...withTremor(points, random),
    ...rest.map((point) => ({ ...point, t: t + point.t * Math.max(0.6, Math.min(2, scale)) })),
  ];
};
