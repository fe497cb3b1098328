import { randomFillSync } from 'node:crypto';
import type { RandomBytes } from './chance.ts';

/** Bytes that the system is asked for at once. */
const BLOCK = 8_192;

/** `randomFillSync` for a few bytes at a time, drawn in blocks: a call costs more than its bytes. Each byte is given once, and wiped. */
export function createRandomBlocks(fill: RandomBytes = randomFillSync): RandomBytes {
  const block = new Uint8Array(BLOCK);
  let at = BLOCK;
  return (into) => {
    if (into.length > BLOCK) {
      fill(into);
      return;
    }
    if (at + into.length > BLOCK) {
      fill(block);
      at = 0;
    }
    into.set(block.subarray(at, at + into.length));
    block.fill(0, at, at + into.length);
    at += into.length;
  };
}
