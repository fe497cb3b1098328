import { expect, test } from 'vitest';
import { compileKernel, createSharedMemory, PAGE } from './gallery-kernel.ts';
import { createScanner } from './gallery-scan.ts';

test('leaves nothing of the probe in the shared memory', () => {
  const memory = createSharedMemory(2);
  const scanner = createScanner(compileKernel(), { memory, strideBytes: 64, base: PAGE }, 0);
  new Float32Array(memory.buffer, PAGE, 16).fill(0.25);
  const probe = new Float32Array(16).fill(0.25);
  expect(scanner.nearest([{ probe, rows: 1, count: 1 }])).toEqual([{ rows: [0], similarities: [1] }]);
  expect(new Float32Array(memory.buffer, 0, 16)).toEqual(new Float32Array(16));
});

test('gives no place to a row that is not a number', () => {
  const memory = createSharedMemory(2);
  const scanner = createScanner(compileKernel(), { memory, strideBytes: 64, base: PAGE }, 0);
  new Float32Array(memory.buffer, PAGE, 48).set([Number.NaN, ...new Array(15).fill(0), 1]);
  const probe = Float32Array.of(1);
  expect(scanner.nearest([{ probe, rows: 3, count: 3 }])).toEqual([{ rows: [1, 2], similarities: [1, 0] }]);
});

test('scans no row when none is wanted or there is none', () => {
  const memory = createSharedMemory(2);
  const scanner = createScanner(compileKernel(), { memory, strideBytes: 64, base: PAGE }, 0);
  const none = { rows: [], similarities: [] };
  const probe = Float32Array.of(1);
  expect(
    scanner.nearest([
      { probe, rows: 0, count: 5 },
      { probe, rows: 5, count: 0 },
    ]),
  ).toEqual([none, none]);
});
