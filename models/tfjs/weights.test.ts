import { describe, expect, test } from 'vitest';
import { halfToFloat, readWeights } from './weights.ts';

const bytesOf = (size: number, fill: (view: DataView) => void): Uint8Array => {
  const bytes = new Uint8Array(size);
  fill(new DataView(bytes.buffer));
  return bytes;
};

describe('readWeights', () => {
  test('reads plain, half and quantised weights across one stream', () => {
    const bytes = bytesOf(4 + 4 + 2 + 3, (view) => {
      view.setFloat32(0, -1.5, true);
      view.setInt32(4, -7, true);
      view.setUint16(8, 0x3555, true);
      [0, 128, 255].forEach((q, i) => {
        view.setUint8(10 + i, q);
      });
    });
    const weights = readWeights(
      [
        { name: 'plain', shape: [1], dtype: 'float32' },
        { name: 'whole', shape: [], dtype: 'int32' },
        { name: 'half', shape: [1], dtype: 'float32', quantization: { dtype: 'float16' } },
        { name: 'byte', shape: [3], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -2 } },
      ],
      bytes,
    );
    expect(Object.fromEntries(weights)).toEqual({
      plain: { shape: [1], values: Float32Array.of(-1.5) },
      whole: { shape: [], values: Int32Array.of(-7) },
      half: { shape: [1], values: Float32Array.of(0.333251953125) },
      byte: { shape: [3], values: Float32Array.of(-2, 62, 125.5) },
    });
  });

  test.each([
    ['left over', 5],
    ['cut short', 3],
  ])('refuses bytes that are %s', (_, size) => {
    const specs = [{ name: 'w', shape: [1], dtype: 'float32' }];
    expect(() => readWeights(specs, new Uint8Array(size))).toThrow();
  });

  test('refuses a storage it does not know', () => {
    const specs = [
      { name: 'w', shape: [1], dtype: 'float32', quantization: { dtype: 'uint16', scale: 1, min: 0 } },
    ];
    expect(() => readWeights(specs, new Uint8Array(2))).toThrow('The weight w is stored as float32/uint16');
  });
});

test.each([
  [0x0000, 0],
  [0x8000, -0],
  [0x3c00, 1],
  [0xc000, -2],
  [0x7bff, 65504],
  [0x0400, 2 ** -14],
  [0x0001, 2 ** -24],
  [0x83ff, -1023 * 2 ** -24],
  [0x7c00, Number.POSITIVE_INFINITY],
  [0xfc00, Number.NEGATIVE_INFINITY],
  [0x7e00, Number.NaN],
])('half %i is %d', (bits, value) => {
  expect(halfToFloat(bits)).toBe(value);
});
