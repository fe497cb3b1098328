import { expect, test } from 'vitest';
import { looksLikeOnnx } from './onnx-file.ts';

/** ir_version 8 and an empty graph named by one byte. */
const onnx = (mark: number) => Uint8Array.of(0x08, 8, 0x3a, 3, 0x12, 1, mark);

test('ONNX is told by its protobuf, not by its name', () => {
  expect(looksLikeOnnx(onnx(1))).toBe(true);
  expect(looksLikeOnnx(new Uint8Array())).toBe(false);
  expect(looksLikeOnnx(onnx(1).subarray(0, 5))).toBe(false); // the graph runs past the end
  expect(looksLikeOnnx(Uint8Array.of(0x08, 8))).toBe(false); // no graph
  expect(looksLikeOnnx(Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0))).toBe(false); // a zip, such as a .pth
  expect(looksLikeOnnx(Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc))).toBe(false); // a pickle
  expect(looksLikeOnnx(new Uint8Array(64).fill(255))).toBe(false);
});
