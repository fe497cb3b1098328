import { between, normal, type Random } from '../chance.ts';
import type { Box, Place, Point } from '../stage.ts';

/** Moves the pointer from a place into a box: pure, so that it can be played in a browser or written down without one. */
export type Mover = (from: Place, into: Box, random: Random) => Point[];

/** Where it goes in the box: near the middle, never at the rim. */
export function aimAt({ x, y, width, height }: Box, random: Random, spread = 0.16): Place {
  const within = (value: number): number => Math.max(-0.4, Math.min(0.4, value));
  return {
    x: x + width * (0.5 + within(spread * normal(random))),
    y: y + height * (0.5 + within(spread * normal(random))),
  };
}

export const distance = (a: Place, b: Place): number => Math.hypot(b.x - a.x, b.y - a.y);

/** Fitts' law with the variation of one movement to the next; ms. */
export function fittsMs(length: number, width: number, random: Random): number {
  return (130 + 135 * Math.log2(length / Math.max(12, width) + 1)) * between(random, 0.8, 1.25);
}

/** Places of a curve, a new one every `every` ms; `at` takes 0..1 of the time. */
export function sample(lastsMs: number, every: number, at: (share: number) => Place): Point[] {
  const count = Math.max(2, Math.round(lastsMs / every));
  return Array.from({ length: count }, (_, i) => ({
    ...at((i + 1) / count),
    t: ((i + 1) / count) * lastsMs,
  }));
}

export function cubic(a: Place, b: Place, c: Place, d: Place, s: number): Place {
  const along = (from: number, one: number, two: number, to: number): number =>
    (1 - s) ** 3 * from + 3 * (1 - s) ** 2 * s * one + 3 * (1 - s) * s ** 2 * two + s ** 3 * to;
  return { x: along(a.x, b.x, c.x, d.x), y: along(a.y, b.y, c.y, d.y) };
}
