import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BLOCK } from './byte-kernel.ts';
import { blockBytes, byteDesk, bytesOfProbe, createByteRows } from './byte-rows.ts';
import { createByteScanner } from './byte-scan.ts';
import { compileKernel } from './gallery-kernel.ts';
import { createGalleryMatrix } from './gallery-matrix.ts';
import { createScanner, TOGETHER } from './gallery-scan.ts';

const kernel = compileKernel();
type Random = () => number;

/** The same numbers for the same seed, 0..1. */
function randomOf(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b) + 0x6d2b79f5;
    return (state >>> 8) / 2 ** 24;
  };
}

function unit(numbers: Float32Array, length = 1): Float32Array {
  const by = length / Math.hypot(...numbers);
  return numbers.map((value) => value * by);
}

/** Rows that differ by less than bytes show, or hardly more. */
const kinds: Record<string, (dimensions: number, random: Random, probe: Float32Array) => Float32Array> = {
  random: (dimensions, random) => unit(Float32Array.from({ length: dimensions }, () => random() - 0.5)),
  'next to the probe': (_, random, probe) => unit(probe.map((value) => value + (random() - 0.5) * 1e-4)),
  'next to its opposite': (_, random, probe) => unit(probe.map((value) => (random() - 0.5) * 1e-3 - value)),
  'the probe itself': (_d, _r, probe) => probe.slice(),
  'one great number': (dimensions, random) => {
    const vector = Float32Array.from({ length: dimensions }, () => (random() - 0.5) * 0.004);
    vector[Math.floor(random() * dimensions)] = random() < 0.5 ? 1 : -1;
    return unit(vector);
  },
  'two values': (dimensions, random) =>
    unit(Float32Array.from({ length: dimensions }, () => (random() < 0.5 ? 1 : -1))),
  'half a step': (dimensions, random) =>
    unit(
      Float32Array.from({ length: dimensions }, (_, i) => (i === 0 ? 127 : Math.floor(random() * 9) + 0.5)),
    ),
  'as long as may be': (dimensions, random) =>
    unit(
      Float32Array.from({ length: dimensions }, () => random() - 0.5),
      1.0009,
    ),
  'as short as may be': (_, random, probe) =>
    unit(
      probe.map((value) => value + random() * 1e-3),
      0.9991,
    ),
};
const kind = fc.constantFrom(...Object.keys(kinds));

describe('a pass over bytes first', () => {
  test('finds exactly the rows, cosines and order of a pass over the rows as they are', () => {
    fc.assert(
      fc.property(
        fc.record({
          dimensions: fc.constantFrom(3, 16, 100, 256),
          seed: fc.nat(),
          mixture: fc.array(kind, { minLength: 1, maxLength: 4 }),
          rows: fc.integer({ min: 300, max: 900 }),
          scans: fc.array(fc.record({ count: fc.integer({ min: 1, max: 20 }), fewer: fc.nat(20) }), {
            minLength: 1,
            maxLength: TOGETHER,
          }),
        }),
        ({ dimensions, seed, mixture, rows, scans }) => {
          const random = randomOf(seed);
          const probes = scans.map(() => kinds.random!(dimensions, random, new Float32Array()));
          const matrix = createGalleryMatrix(dimensions, 1, { bytesFrom: 1 });
          for (let row = 0; row < rows; row++) {
            const of = kinds[mixture[row % mixture.length]!]!;
            // Several in a row alike, and the same again elsewhere.
            matrix.put(`t${row}`, of(dimensions, random, probes[row % probes.length]!));
          }
          const asked = scans.map(({ count, fewer }, i) => ({
            probe: probes[i]!,
            rows: rows - fewer,
            count,
          }));
          const { bytes, ...asTheyAre } = matrix.area;
          expect(bytes).toBeDefined();
          const byBytes = createScanner(kernel, matrix.area, 0).nearest(asked);
          expect(byBytes).toEqual(createScanner(kernel, asTheyAre, 0).nearest(asked));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('gives up the bytes for a probe to which too many rows are alike, not for another beside it', () => {
    const random = randomOf(7);
    const probes = [1, 2].map(() => kinds.random!(256, random, new Float32Array()));
    const matrix = createGalleryMatrix(256, 1, { bytesFrom: 1 });
    for (let row = 0; row < 2_000; row++) {
      const of = row % 2 === 0 ? kinds['next to the probe']! : kinds.random!;
      matrix.put(`t${row}`, of(256, random, probes[0]!));
    }
    const asked = probes.map((probe) => ({ probe, rows: 2_000, count: 20 }));
    const { bytes, ...asTheyAre } = matrix.area;
    const [alike, other] = createByteScanner(kernel, bytes!, { thread: 0, together: TOGETHER }).mayBeNearest(
      asked,
    );
    expect([alike, other?.rows.length]).toEqual([undefined, expect.any(Number)]);
    expect(createScanner(kernel, matrix.area, 0).nearest(asked)).toEqual(
      createScanner(kernel, asTheyAre, 0).nearest(asked),
    );
  });

  test('gives up the bytes also where there is room for more rows than its limit', () => {
    const random = randomOf(9);
    const probe = kinds.random!(256, random, new Float32Array());
    const rows = createByteRows(256, 1, TOGETHER);
    for (let row = 0; row < 2_000; row++) {
      const of = row < 300 ? kinds['next to the probe']! : kinds.random!;
      rows.write(row, of(256, random, probe));
    }
    const scanner = createByteScanner(kernel, rows.area, { thread: 0, together: TOGETHER });
    expect(scanner.mayBeNearest([{ probe, rows: 2_000, count: 20 }])).toEqual([undefined]);
  });

  test('excludes most rows, and leaves nothing of the probes behind', () => {
    const random = randomOf(5);
    const rows = createByteRows(256, 1, TOGETHER);
    for (let row = 0; row < 2_000; row++) rows.write(row, kinds.random!(256, random, new Float32Array()));
    const scanner = createByteScanner(kernel, rows.area, { thread: 0, together: TOGETHER });
    const scans = Array.from({ length: 7 }, () => ({
      probe: kinds.random!(256, random, new Float32Array()),
      rows: 2_000,
      count: 10,
    }));
    for (const found of scanner.mayBeNearest(scans)) {
      expect(found!.rows.length).toBeGreaterThanOrEqual(10);
      expect(found!.rows.length).toBeLessThan(100);
    }
    const { records } = byteDesk(rows.area.stride, 0, TOGETHER);
    expect(new Uint8Array(rows.area.memory.buffer, 0, records).every((byte) => byte === 0)).toBe(true);
  });
});

test('a product with a probe is never further from that of the bytes than margin and doubt', () => {
  const dimensions = fc.constantFrom(3, 40, 256, 512);
  fc.assert(
    fc.property(dimensions, kind, kind, fc.nat(), (length, ofRow, ofProbe, seed) => {
      const random = randomOf(seed);
      const other = kinds.random!(length, random, new Float32Array());
      const probe = kinds[ofProbe]!(length, random, other);
      const vector = kinds[ofRow]!(length, random, probe);
      const { area, write } = createByteRows(length, 1, 1);
      write(0, vector);
      const row = new Uint8Array(area.memory.buffer, area.base, length);
      expect(row.every((byte) => byte < 128)).toBe(true);
      const scales = new Float32Array(area.memory.buffer, area.base + BLOCK * area.stride, 2 * BLOCK);
      const { bytes, length: unitOfProducts, start, factor, doubt } = bytesOfProbe(probe);
      const sum = bytes.reduce((all, byte, i) => all + byte * row[i]!, start) * factor * scales[0]!;
      const exact = vector.reduce((all, value, i) => all + value * probe[i]!, 0) / unitOfProducts;
      expect(Math.abs(exact - sum)).toBeLessThanOrEqual(scales[BLOCK]! + doubt);
    }),
    { numRuns: 200 },
  );
});

test('rows of several blocks have their places', () => {
  const { area, write, copy, clear } = createByteRows(16, 1, 1);
  const at = (row: number) =>
    new Int8Array(
      area.memory.buffer,
      area.base + Math.floor(row / BLOCK) * blockBytes(area.stride) + (row % BLOCK) * area.stride,
      16,
    );
  const one = Float32Array.from({ length: 16 }, (_, i) => (i === 3 ? 1 : 0));
  for (const row of [0, BLOCK - 1, BLOCK, 5 * BLOCK + 2]) {
    write(row, one);
    expect(at(row)[3]).toBe(127);
  }
  copy(5 * BLOCK + 2, 1);
  clear(5 * BLOCK + 2);
  expect([at(1)[3], at(5 * BLOCK + 2)[3]]).toEqual([127, 0]);
});
