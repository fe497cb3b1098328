import { describe, expect, test } from 'vitest';
import { movementsOf } from '../../sdk/gatehouse/src/collector/features/index.ts';
import { createRandom } from '../accuracy/random.ts';
import { adaptive } from './movers/adaptive.ts';
import { bezier } from './movers/bezier.ts';
import { ease } from './movers/ease.ts';
import { ghost } from './movers/ghost.ts';
import { minimumJerk } from './movers/minimum-jerk.ts';
import { windmouse } from './movers/windmouse.ts';

const box = { x: 700, y: 400, width: 120, height: 40 };
const start = { x: 100, y: 100 };

describe.each(Object.entries({ adaptive, bezier, ease, ghost, minimumJerk, windmouse }))('%s', (_, mover) => {
  const paths = Array.from({ length: 50 }, (_, seed) => mover(start, box, createRandom(seed)));

  test('ends in the box, and its times rise', () => {
    for (const path of paths) {
      const { x, y } = path.at(-1)!;
      expect([x > box.x, x < box.x + box.width, y > box.y, y < box.y + box.height]).toEqual([
        true,
        true,
        true,
        true,
      ]);
      expect(path.every(({ t }, i) => t >= (path[i - 1]?.t ?? 0))).toBe(true);
    }
  });

  test('is a movement with a shape, and another one each time', () => {
    expect(paths.every((path) => movementsOf(path).length > 0)).toBe(true);
    expect(new Set(paths.map((path) => JSON.stringify(path))).size).toBe(paths.length);
  });

  test('is the same for the same chance', () => {
    expect(mover(start, box, createRandom(7))).toEqual(mover(start, box, createRandom(7)));
  });
});
