import { expect, test } from 'vitest';
import { movementsOf } from '../../../sdk/gatehouse/src/collector/features/index.ts';
import { createRandom } from '../../accuracy/random.ts';
import { bots } from '../bots.ts';
import { kinOf, simulatedName } from './kin.ts';
import { families } from './paths.ts';
import { simulateSession } from './simulate.ts';

const names = Object.keys(families);

test.each(names)('%s ends at its target, and its times rise', (name) => {
  const box = { x: 700, y: 400, width: 120, height: 40 };
  for (let seed = 1; seed <= 30; seed++) {
    const path = families[name]!(createRandom(seed))({ x: 100, y: 100 }, box, createRandom(seed + 100));
    const { x, y } = path.at(-1)!;
    expect(x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height, `${name} ${seed}`).toBe(
      true,
    );
    expect(path.every(({ t }, i) => Number.isFinite(t) && t >= (path[i - 1]?.t ?? 0))).toBe(true);
  }
});

test.each(names)('a session of %s has movements, the same for its seed and others for another', (name) => {
  const [one, again, other] = [1, 1, 2].map((seed) => simulateSession(name, seed));
  expect(one).toEqual(again);
  expect(one!.moves).not.toEqual(other!.moves);
  expect(movementsOf(one!.moves).length).toBeGreaterThan(4);
  expect(one!.moves.every(({ t }, i) => t >= (one!.moves[i - 1]?.t ?? 0))).toBe(true);
});

test('kin are bots and families that there are', () => {
  const kin = bots.flatMap(({ name }) => kinOf(name));
  expect(kin.length).toBeGreaterThan(0);
  expect(kin.every((name) => names.map(simulatedName).includes(name))).toBe(true);
});
