import fc from 'fast-check';
import { expect, test } from 'vitest';
import { direction } from '../../../test/support/faces.ts';
import { capacityFor } from './gallery-kernel.ts';
import { createGalleryMatrix } from './gallery-matrix.ts';

const DIMENSIONS = 128;
/** A row as bytes: each in steps of the greatest number, from 64 on. */
const asBytes = (vector: Float32Array) => {
  const most = Math.max(...vector.map(Math.abs));
  return Buffer.from(vector.map((value) => Math.round((value / most) * 63) + 64));
};

test('nothing of an erased row is left in the memory, whatever was put, replaced and erased before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ erase: fc.boolean(), template: fc.nat(12), vector: fc.nat(40) }), {
        minLength: 1,
        maxLength: 80,
      }),
      (steps) => {
        const matrix = createGalleryMatrix(DIMENSIONS, 2, { bytesFrom: 3 });
        matrix.reserve(steps.length % 5);
        const rows = new Map<string, string>();
        for (const { erase, template, vector } of steps) {
          if (erase) {
            expect(matrix.erase(`t${template}`)).toBe(rows.delete(`t${template}`));
          } else {
            matrix.put(`t${template}`, direction(`v${vector}`, DIMENSIONS));
            rows.set(`t${template}`, `v${vector}`);
          }
        }
        const memory = Buffer.from(matrix.area.memory.buffer);
        const kept = matrix.area.bytes && Buffer.from(matrix.area.bytes.memory.buffer);
        const present = new Set(rows.values());
        for (let i = 0; i <= 40; i++) {
          const vector = direction(`v${i}`, DIMENSIONS);
          const bytes = Buffer.from(vector.buffer);
          expect([i, memory.includes(bytes.subarray(0, 16))]).toEqual([i, present.has(`v${i}`)]);
          expect([i, memory.includes(bytes.subarray(-16))]).toEqual([i, present.has(`v${i}`)]);
          if (kept) expect([i, kept.includes(asBytes(vector))]).toEqual([i, present.has(`v${i}`)]);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('room doubles, but not beyond what one memory can have while the rows themselves fit', () => {
  const of = { base: 65_536, size: 1_024 };
  const most = 4 * 1_024 ** 2 - 64;
  expect(capacityFor(65, { ...of, capacity: 64 })).toBe(128);
  expect(capacityFor(3_000_001, { ...of, capacity: 3_000_000 })).toBe(most);
  expect(capacityFor(most, { ...of, capacity: most - 1 })).toBe(most);
  expect(capacityFor(most + 1, { ...of, capacity: most })).toBe(most + 1);
});

test('the last row leaves the memory as it was before the first', () => {
  const matrix = createGalleryMatrix(DIMENSIONS, 1, { bytesFrom: 2 });
  const before = Buffer.from(matrix.area.memory.buffer).subarray(matrix.area.base).toString('hex');
  for (const name of ['a', 'b', 'c']) matrix.put(name, direction(name, DIMENSIONS));
  for (const name of ['b', 'a', 'c']) matrix.erase(name);
  expect(Buffer.from(matrix.area.memory.buffer).subarray(matrix.area.base).toString('hex')).toBe(before);
  const { memory, base } = matrix.area.bytes!;
  expect(
    Buffer.from(memory.buffer)
      .subarray(base)
      .every((byte) => byte === 0),
  ).toBe(true);
});
