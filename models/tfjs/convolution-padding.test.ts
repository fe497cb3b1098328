import fc from 'fast-check';
import { expect, test } from 'vitest';
import { axisPadding } from './convolution-padding.ts';

test('puts the odd zero behind', () => {
  expect(axisPadding('SAME', { size: 224, window: 3, stride: 2, dilation: 1 })).toEqual({
    before: 0,
    after: 1,
    output: 112,
  });
  expect(axisPadding('SAME', { size: 256, window: 5, stride: 2, dilation: 1 })).toEqual({
    before: 1,
    after: 2,
    output: 128,
  });
  expect(axisPadding('VALID', { size: 150, window: 7, stride: 2, dilation: 1 })).toEqual({
    before: 0,
    after: 0,
    output: 72,
  });
});

test('SAME keeps ceil(size / stride) places with as few zeros as that takes', () => {
  const axis = fc.record({
    size: fc.integer({ min: 1, max: 300 }),
    window: fc.integer({ min: 1, max: 9 }),
    stride: fc.integer({ min: 1, max: 5 }),
    dilation: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(axis, ({ size, window, stride, dilation }) => {
      const { before, after, output } = axisPadding('SAME', { size, window, stride, dilation });
      const reach = (window - 1) * dilation + 1;
      const places = (zeros: number) => Math.floor((size + zeros - reach) / stride) + 1;
      expect(output).toBe(Math.ceil(size / stride));
      expect(places(before + after)).toBeGreaterThanOrEqual(output);
      if (before + after > 0) expect(places(before + after - 1)).toBeLessThan(output);
      expect([0, 1]).toContain(after - before);
    }),
  );
});
