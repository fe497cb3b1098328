import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Affine, applyAffine, fitSimilarity, type Point } from './affine.ts';

const coordinate = fc.double({ min: -500, max: 500, noNaN: true });
const points = fc
  .array(fc.record({ x: coordinate, y: coordinate }), { minLength: 2, maxLength: 8 })
  .filter((all) => all.some(({ x, y }) => Math.hypot(x - all[0]!.x, y - all[0]!.y) > 1));
const similarity = fc
  .record({
    scale: fc.double({ min: 0.05, max: 20, noNaN: true }),
    angle: fc.double({ min: -3.1, max: 3.1, noNaN: true }),
    x: coordinate,
    y: coordinate,
  })
  .map(({ scale, angle, x, y }): Affine => {
    const cos = scale * Math.cos(angle);
    const sin = scale * Math.sin(angle);
    return [cos, -sin, x, sin, cos, y];
  });

const error = (map: Affine, from: readonly Point[], to: readonly Point[]): number =>
  from.reduce((sum, p, i) => {
    const q = applyAffine(map, p.x, p.y);
    return sum + (q.x - to[i]!.x) ** 2 + (q.y - to[i]!.y) ** 2;
  }, 0);

test('recovers any similarity from exact points', () => {
  fc.assert(
    fc.property(points, similarity, (from, map) => {
      const found = fitSimilarity(
        from,
        from.map(({ x, y }) => applyAffine(map, x, y)),
      );
      for (const [i, value] of map.entries()) expect(found[i]).toBeCloseTo(value, 5);
    }),
  );
});

test('no similarity nearby fits noisy points better', () => {
  fc.assert(
    fc.property(
      points,
      fc.infiniteStream(coordinate),
      fc.integer({ min: 0, max: 3 }),
      (from, noise, which) => {
        const to = from.map(() => ({ x: noise.next().value!, y: noise.next().value! }));
        const [a, b, c, d, e, f] = fitSimilarity(from, to);
        const best = error([a, b, c, d, e, f], from, to);
        const step = 1e-3;
        const other: Affine[] = [
          [a + step, b, c, d, e + step, f],
          [a, b - step, c, d + step, e, f],
          [a, b, c + step, d, e, f],
          [a, b, c, d, e, f - step],
        ];
        expect(error(other[which]!, from, to)).toBeGreaterThanOrEqual(best * (1 - 1e-9));
      },
    ),
  );
});

test('one point is no similarity', () => {
  const same = { x: 3, y: 4 };
  expect(() => fitSimilarity([same, same], [same, { x: 0, y: 0 }])).toThrow(RangeError);
});
