import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../test/accuracy/random.ts';
import { createTemplateTransform, untransformed } from './template-transform.ts';

const secretOf = (n: number) => new Uint8Array(32).fill(n);

function unit(dimensions: number, seed: number): Float32Array {
  const random = createRandom(seed);
  const vector = Float32Array.from({ length: dimensions }, () => random() - 0.5);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - b[i]!));

const dimensions = fc.oneof(fc.constantFrom(1, 2, 128, 192, 256, 500, 512), fc.integer({ min: 1, max: 600 }));
const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 });
const seeds = fc.integer({ min: 1, max: 2 ** 31 - 1 });

describe('for any secret, dimension and vectors', () => {
  test('lengths and cosines stay what they are', () => {
    fc.assert(
      fc.property(secrets, dimensions, seeds, seeds, (secret, size, one, two) => {
        const { rotate } = createTemplateTransform(secret, 1);
        const [a, b] = [unit(size, one), unit(size, two)];
        expect(Math.abs(Math.hypot(...rotate(a)) - 1)).toBeLessThan(1e-5);
        expect(Math.abs(dot(rotate(a), rotate(b)) - dot(a, b))).toBeLessThan(1e-5);
      }),
    );
  });

  test('restore undoes rotate, and neither changes what it is given', () => {
    fc.assert(
      fc.property(secrets, dimensions, seeds, (secret, size, seed) => {
        const { rotate, restore } = createTemplateTransform(secret, 1);
        const vector = unit(size, seed);
        const before = vector.slice();
        expect(distance(restore(rotate(vector)), vector)).toBeLessThan(1e-5);
        expect(vector).toEqual(before);
      }),
    );
  });
});

describe.each([128, 192, 512])('in %i dimensions', (size) => {
  const vectors = Array.from({ length: 200 }, (_, i) => unit(size, i + 1));
  /** Mean and greatest size of the cosines of chance: 1/√d and some of it. */
  const spread = 1 / Math.sqrt(size);
  const cosines = (one: (v: Float32Array) => Float32Array, two: (v: Float32Array) => Float32Array) =>
    vectors.map((vector) => dot(one(vector), two(vector)));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  test.each([
    [
      'two secrets of one vector',
      createTemplateTransform(secretOf(1), 1).rotate,
      createTemplateTransform(secretOf(2), 1).rotate,
    ],
    ['the rotated vector and itself', createTemplateTransform(secretOf(3), 1).rotate, (v: Float32Array) => v],
  ])('%s have no more in common than chance', (_, one, two) => {
    const found = cosines(one, two);
    expect(Math.abs(mean(found))).toBeLessThan(4 * spread);
    expect(mean(found.map((value) => value ** 2))).toBeLessThan(4 * spread ** 2);
    expect(Math.max(...found.map(Math.abs))).toBeLessThan(7 * spread);
  });

  test('a vector of one number is spread over all of them', () => {
    const { rotate } = createTemplateTransform(secretOf(4), 1);
    for (const at of [0, 1, Math.floor(size / 2), size - 1]) {
      const vector = new Float32Array(size);
      vector[at] = 1;
      const rotated = rotate(vector);
      expect(rotated.filter((value) => value === 0).length).toBeLessThan(size / 2);
      expect(Math.max(...rotated.map(Math.abs))).toBeLessThan(0.75);
    }
  });
});

test('the same secret gives the same rotation in every release: what is stored depends on it', () => {
  const rotated = createTemplateTransform(secretOf(7), 1).rotate(Float32Array.of(1, 0, 0, 0, 0, 0));
  expect([...rotated].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([
    0.25, 0.75, 0.25, 0.5, -0.25, 0,
  ]);
});

test('generation 0 is what the model gave', () => {
  const vector = unit(4, 1);
  expect([untransformed.rotate(vector), untransformed.restore(vector)]).toEqual([vector, vector]);
});
