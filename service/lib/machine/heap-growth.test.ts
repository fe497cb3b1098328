import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { heapGrowingPercent } from './heap-growth.ts';

const GiB = 2 ** 30;

test.each([
  [2, 24 * GiB, 300],
  [2, 4 * GiB, 178],
  [2, GiB, 0],
  [64, 64 * GiB, 241],
  [64, 8 * GiB, 0],
])('%i workers with %i bytes of memory: heaps may grow by %i %', (workers, memory, percent) => {
  expect(heapGrowingPercent(workers, memory)).toBe(percent);
});

test('the growth of all heaps together never exceeds a twentieth of the memory, and is not worth less than half', () => {
  const memories = fc.integer({ min: 2 ** 28, max: 2 ** 42 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 256 }), memories, (workers, memory) => {
      const percent = heapGrowingPercent(workers, memory);
      const living = (75 + 20 * workers) * 2 ** 20;
      expect((living * percent) / 100).toBeLessThanOrEqual(memory / 20);
      expect(percent === 0 || (percent >= 50 && percent <= 300)).toBe(true);
    }),
  );
});

/** Collections of the whole heap while a process adds 250 MB that live, after each call in turn. */
async function collectionsAfter(...calls: string[]): Promise<number[]> {
  const program = `
    import { constants, PerformanceObserver } from 'node:perf_hooks';
    import { setImmediate } from 'node:timers/promises';
    import { letHeapsGrow } from ${JSON.stringify(join(import.meta.dirname, 'heap-growth.ts'))};
    let whole = 0;
    new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) whole++;
    }).observe({ entryTypes: ['gc'] });
    const counts = [];
    for (const call of [${calls.map((one) => `() => ${one}`).join(', ')}]) {
      globalThis.living = [];
      globalThis.gc();
      call();
      globalThis.gc();
      await setImmediate();
      whole = 0;
      for (let i = 0; i < 250; i++) {
        living.push(Array.from({ length: 2000 }, () => new Array(62).fill(i)));
        await setImmediate();
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      counts.push(whole);
    }
    console.log(JSON.stringify(counts));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--max-semi-space-size=1',
    '--no-memory-reducer',
    '--input-type=module',
    '--eval',
    program,
  ]);
  return JSON.parse(stdout);
}

test('heaps are collected less often where the memory allows it, and more often again where a later start allows less', async () => {
  const [little, much, again] = await collectionsAfter(
    `letHeapsGrow(2, 1.2 * 2 ** 30)`,
    `letHeapsGrow(2, 24 * 2 ** 30)`,
    `letHeapsGrow(2, 1.2 * 2 ** 30)`,
  );
  expect(much).toBeLessThan(little!);
  expect(again).toBeGreaterThan(much!);
});
