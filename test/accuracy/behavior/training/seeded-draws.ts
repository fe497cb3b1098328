/**
 * Draws whole numbers from 0 to below `count`, the same ones after each seed, by linear congruence: for training, where the same examples
 * must give the same weights. Not for secrets.
 */
export function createSeededDraws(seed: number): (count: number) => number {
  let state = seed;
  return (count) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
}
