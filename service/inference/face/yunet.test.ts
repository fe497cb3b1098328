import { expect, test } from 'vitest';
import { decodeYunet } from './detect-faces.ts';

function quiet(width: number, height: number): Record<string, Float32Array> {
  return Object.fromEntries(
    [8, 16, 32].flatMap((stride) => {
      const cells = (width / stride) * (height / stride);
      return Object.entries({ cls: 1, obj: 1, bbox: 4, kps: 10 }).map(([name, n]) => [
        `${name}_${stride}`,
        new Float32Array(cells * n),
      ]);
    }),
  );
}

test('reads a box by the cell’s corner and its exponential size', () => {
  const outputs = quiet(96, 64);
  const cell = 2 * (96 / 16) + 4; // column 4, row 2 of stride 16
  outputs.cls_16![cell] = 0.81;
  outputs.obj_16![cell] = 1.5; // clamped to 1
  outputs.bbox_16!.set([0.5, 0.25, Math.log(2), Math.log(3)], 4 * cell);
  outputs.kps_16!.set([0, 0, 1, 0.5], 10 * cell);
  const [face, ...others] = decodeYunet(outputs, 96, 64, 0.5);
  expect(others).toEqual([]);
  expect(face).toEqual({
    box: {
      x: expect.closeTo(56, 4),
      y: expect.closeTo(12, 4),
      width: expect.closeTo(32, 4),
      height: expect.closeTo(48, 4),
    },
    score: expect.closeTo(0.9, 6),
    eyes: [
      { x: 64, y: 32 },
      { x: 80, y: 40 },
    ],
  });
  expect(decodeYunet(outputs, 96, 64, 0.91)).toEqual([]);
});

test('refuses outputs that do not belong to the size', () => {
  expect(() => decodeYunet(quiet(96, 64), 64, 64, 0.5)).toThrow('stride 8 at 64 by 64');
});
