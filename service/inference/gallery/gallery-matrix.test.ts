import fc from 'fast-check';
import { expect, test } from 'vitest';
import { direction } from '../../../test/support/faces.ts';
import { createGalleryMatrix } from './gallery-matrix.ts';

const DIMENSIONS = 128;

test('nothing of an erased row is left in the memory, whatever was put, replaced and erased before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ erase: fc.boolean(), template: fc.nat(12), vector: fc.nat(40) }), {
        minLength: 1,
        maxLength: 80,
      }),
      (steps) => {
        const matrix = createGalleryMatrix(DIMENSIONS, 2);
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
        const present = new Set(rows.values());
        for (let i = 0; i <= 40; i++) {
          const bytes = Buffer.from(direction(`v${i}`, DIMENSIONS).buffer);
          expect([i, memory.includes(bytes.subarray(0, 16))]).toEqual([i, present.has(`v${i}`)]);
          expect([i, memory.includes(bytes.subarray(-16))]).toEqual([i, present.has(`v${i}`)]);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('the last row leaves the memory as it was before the first', () => {
  const matrix = createGalleryMatrix(DIMENSIONS, 1);
  const before = Buffer.from(matrix.area.memory.buffer).subarray(matrix.area.base).toString('hex');
  for (const name of ['a', 'b', 'c']) matrix.put(name, direction(name, DIMENSIONS));
  for (const name of ['b', 'a', 'c']) matrix.erase(name);
  expect(Buffer.from(matrix.area.memory.buffer).subarray(matrix.area.base).toString('hex')).toBe(before);
});
