import { correlation } from '../../../lib/correlation.ts';

/** Side of a texture in pixels (inference/face/face-plane.ts), and how many blocks it is divided into along it. */
const SIDE = 80;
const BLOCKS = 5;
const BLOCK = SIDE / BLOCKS;
/** Share of a block that has to be skin. */
const SKIN = 0.6;
/** Correlations above are as good as this one: noise decides among them. */
const MOST = 0.9995;

/**
 * How much the skin of a face stays the same as it turns: mean over 25 blocks of the correlation of two textures, as Fisher's z (-3.8 to 3.8).
 * On a head light moves over the skin, and what is not flat hides parts of itself, here more than there; a picture that is warped keeps all of
 * it. NaN where no block is skin.
 */
export function skinConstancy(neutral: Float32Array, turned: Float32Array): number {
  let [sum, blocks] = [0, 0];
  for (let row = 0; row < BLOCKS; row++)
    for (let column = 0; column < BLOCKS; column++) {
      const [a, b] = [blockOf(neutral, row, column), blockOf(turned, row, column)];
      const skin = a.reduce((count, value) => count + (value === 0 ? 0 : 1), 0);
      if (skin <= SKIN * a.length) continue;
      sum += Math.atanh(Math.min(MOST, Math.max(-MOST, correlation(a, b))));
      blocks += 1;
    }
  return sum / blocks;
}

function blockOf(texture: Float32Array, row: number, column: number): Float32Array {
  const block = new Float32Array(BLOCK * BLOCK);
  for (let y = 0; y < BLOCK; y++) {
    const from = (row * BLOCK + y) * SIDE + column * BLOCK;
    block.set(texture.subarray(from, from + BLOCK), y * BLOCK);
  }
  return block;
}
