import { expect, test } from 'vitest';
import { createRandomBlocks } from './random-blocks.ts';

test('each byte of a block is given once, in any sizes', () => {
  let blocks = 0;
  const random = createRandomBlocks((into) => {
    blocks++;
    for (let i = 0; i < into.length; i++) into[i] = (i * 7 + blocks) % 256;
  });
  const take = (size: number) => {
    const bytes = new Uint8Array(size);
    random(bytes);
    return [...bytes];
  };
  const block = (number: number) => Array.from({ length: 8_192 }, (_, i) => (i * 7 + number) % 256);
  expect([1, 16, 44, 8_000, 0].flatMap(take)).toEqual(block(1).slice(0, 8_061));
  expect(take(200)).toEqual(block(2).slice(0, 200));
  expect(take(8_192)).toEqual(block(3));
});

test('what is too large for a block is drawn by itself', () => {
  const sizes: number[] = [];
  const random = createRandomBlocks((into) => void sizes.push(into.length));
  random(new Uint8Array(9_000));
  random(new Uint8Array(10));
  expect(sizes).toEqual([9_000, 8_192]);
});

test('the blocks of the system are not zero', () => {
  const random = createRandomBlocks();
  const bytes = [new Uint8Array(32), new Uint8Array(32)];
  for (const one of bytes) random(one);
  expect(bytes[0]).not.toEqual(bytes[1]);
  expect(bytes[0]!.some((byte) => byte !== 0)).toBe(true);
});
