import fc from 'fast-check';
import { expect, test } from 'vitest';
import { oldSpaceGrowth } from '../../../test/support/old-space.ts';
import { createHeldNames } from './held-names.ts';

test('a value is there while it is held, and to release it twice does no harm', () => {
  const held = createHeldNames<number>();
  expect(held.get('a')).toBeUndefined();
  const release = held.hold('a', 1);
  expect(held.get('a')).toBe(1);
  const again = held.hold('a', 2);
  expect(held.get('a')).toBe(2);
  again();
  again();
  expect(held.get('a')).toBe(1);
  release();
  expect(held.get('a')).toBeUndefined();
});

test('in any order of holding and releasing it holds what a list of them holds', () => {
  // Of few endings, so that chains are long.
  const name = fc
    .tuple(fc.constantFrom('', 'x', 'yy'), fc.constantFrom('', 'a', 'ab', 'q'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.nat(20))), (steps) => {
      const held = createHeldNames<number>();
      let open: { name: string; value: number; release(): void }[] = [];
      for (const [i, [one, at]] of steps.entries()) {
        if (at < 8 && open.length > 0) {
          const released = open[at % open.length]!;
          released.release();
          open = open.filter((other) => other !== released);
        } else open.push({ name: one, value: i, release: held.hold(one, i) });
        for (const [asked] of steps)
          expect(held.get(asked)).toBe(open.findLast((other) => other.name === asked)?.value);
      }
    }),
  );
});

test('what was held is not kept by the heap, where that of a Map is', async () => {
  const held = await oldSpaceGrowth(
    new URL('./held-names.ts', import.meta.url),
    `const held = subject.createHeldNames();
     const open = new Array(16);
     return (n) => {
       open[n % 16]?.();
       open[n % 16] = held.hold(nameOf(n), { n });
     };`,
  );
  const inMap = await oldSpaceGrowth(
    new URL('./held-names.ts', import.meta.url),
    `const held = new Map();
     return (n) => {
       held.delete(nameOf(n - 16));
       held.set(nameOf(n), { n });
     };`,
  );
  expect(held).toBeLessThan(inMap / 4);
});
