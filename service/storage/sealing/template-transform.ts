import { createCipheriv, hkdfSync } from 'node:crypto';

/**
 * A secret rotation of the space that templates live in: signs, a permutation and a Walsh–Hadamard transform, twice. Lengths
 * and cosines stay what they are (to rounding), so rotated vectors are compared with one another as they are. Defense in
 * depth for vectors that leak without the key store (docs/decisions/0009-template-transform.md); the secret
 * reverses it.
 */
export interface TemplateTransform {
  /** 0 changes nothing: vectors as the model gave them. */
  generation: number;
  rotate(vector: Float32Array): Float32Array;
  /** The inverse of `rotate`. */
  restore(vector: Float32Array): Float32Array;
}

export const untransformed: TemplateTransform = {
  generation: 0,
  rotate: (vector) => vector,
  restore: (vector) => vector,
};

const ROUNDS = 2;

/** What the secret says for vectors of one length. */
interface Round {
  signs: Float64Array;
  /** Where each number goes. */
  permutation: Uint16Array;
}

/** `secret`: 32 bytes. Vectors have 1 to 65,536 numbers. */
export function createTemplateTransform(secret: Uint8Array, generation: number): TemplateTransform {
  const byLength = new Map<number, Round[]>();

  function roundsOf(length: number): Round[] {
    let rounds = byLength.get(length);
    if (!rounds) {
      const stream = createStream(secret, length);
      rounds = Array.from({ length: ROUNDS }, () => ({
        signs: drawSigns(stream, length),
        permutation: drawPermutation(stream, length),
      }));
      byLength.set(length, rounds);
    }
    return rounds;
  }

  return {
    generation,
    rotate(vector) {
      const { length } = vector;
      let from = Float64Array.from(vector);
      let to = new Float64Array(length);
      for (const { signs, permutation } of roundsOf(length)) {
        for (let i = 0; i < length; i++) to[permutation[i]!] = from[i]! * signs[i]!;
        for (const start of blocksOf(length)) hadamard(to, start, blockSize(length));
        [from, to] = [to, from];
      }
      return Float32Array.from(from);
    },
    restore(vector) {
      const { length } = vector;
      let from = Float64Array.from(vector);
      let to = new Float64Array(length);
      for (const { signs, permutation } of roundsOf(length).toReversed()) {
        for (const start of blocksOf(length).toReversed()) hadamard(from, start, blockSize(length));
        for (let i = 0; i < length; i++) to[i] = from[permutation[i]!]! * signs[i]!;
        [from, to] = [to, from];
      }
      return Float32Array.from(from);
    },
  };
}

/** The largest power of two that fits. */
const blockSize = (length: number): number => 2 ** Math.floor(Math.log2(length));

/** Where the blocks begin: two that overlap where one does not cover the whole, so that every number is mixed. */
const blocksOf = (length: number): number[] =>
  blockSize(length) === length ? [0] : [0, length - blockSize(length)];

/** The normalized Walsh–Hadamard transform of `size` numbers in place; its own inverse. */
function hadamard(values: Float64Array, start: number, size: number): void {
  const end = start + size;
  for (let half = 1; half < size; half *= 2) {
    for (let block = start; block < end; block += 2 * half) {
      for (let i = block; i < block + half; i++) {
        const a = values[i]!;
        const b = values[i + half]!;
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
  const scale = 1 / Math.sqrt(size);
  for (let i = start; i < end; i++) values[i]! *= scale;
}

interface Stream {
  bit(): number;
  /** Below `bound` (at most 2^16), each as likely. */
  below(bound: number): number;
}

/**
 * AES-256 in counter mode under a key of its own for this length (HKDF-SHA-256). Not ChaCha20, which not every OpenSSL that Node
 * and Electron are built with offers.
 */
function createStream(secret: Uint8Array, length: number): Stream {
  const info = `gatehouse template transform 1|${length}`;
  const key = Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), info, 32));
  const cipher = createCipheriv('aes-256-ctr', key, new Uint8Array(16));
  key.fill(0);
  let bytes: Buffer = Buffer.alloc(0);
  let at = 0;
  let bits = 0;
  let left = 0;
  const byte = (): number => {
    if (at === bytes.length) {
      bytes = cipher.update(new Uint8Array(4096));
      at = 0;
    }
    return bytes[at++]!;
  };
  return {
    bit() {
      if (left === 0) {
        bits = byte();
        left = 8;
      }
      left -= 1;
      return (bits >> left) & 1;
    },
    below(bound) {
      const fair = 2 ** 24 - (2 ** 24 % bound);
      for (;;) {
        const value = byte() * 65_536 + byte() * 256 + byte();
        if (value < fair) return value % bound;
      }
    },
  };
}

function drawSigns(stream: Stream, length: number): Float64Array {
  return Float64Array.from({ length }, () => 1 - 2 * stream.bit());
}

/** Fisher–Yates. */
function drawPermutation(stream: Stream, length: number): Uint16Array {
  const permutation = Uint16Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = stream.below(i + 1);
    [permutation[i], permutation[j]] = [permutation[j]!, permutation[i]!];
  }
  return permutation;
}
